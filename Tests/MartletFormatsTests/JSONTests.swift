import MartletCore
import TestSupport
import Testing

import MartletFormats

@Suite(.ownSession) struct JSONTests {
    @Test func values() throws {
        let value = try JSONValue(
            parsing: """
                 {"z": [1, -2.5, 1.0, 1e3, true, false, null], "a": {"text": "q\\"\\\\\\/\\u00e9\\ud83d\\ude00\\n"}, "": {}, "e": [],
                  "big": 123456789012345678901234567890, "min": -9223372036854775808}
                """)
        let expected: JSONValue = [
            "z": [1, -2.5, 1.0, 1000.0, true, false, .null], "a": ["text": "q\"\\/é😀\n"], "": [:], "e": [],
            "big": 1.2345678901234568e29, "min": .int(.min),
        ]
        #expect(value == expected)
        #expect(try value.object().keys == ["z", "a", "", "e", "big", "min"])
        #expect(value["z"]?[2] != JSONValue.int(1))
        for indented in [false, true] {
            let text = value.serialized(indented: indented)
            #expect(try JSONValue(parsing: text) == value)
        }
        #expect(
            JSONValue(dictionaryLiteral: ("a", [1, 2.0]), ("b", "\u{7}")).serialized()
                == #"{"a": [1, 2.0], "b": "\u0007"}"#)
        #expect(JSONValue(dictionaryLiteral: ("a", [1])).serialized(indented: true) == "{\n  \"a\": [\n    1\n  ]\n}")
    }

    @Test func namesOfNumbers() throws {
        let value = try JSONValue(parsing: "[NaN, Infinity, -Infinity, -0.0, 1e-07, 5e-324, 1.7976931348623157e308]")
        #expect(try value.double(0).isNaN)
        #expect(try value.double(1) == .infinity && value.double(2) == -.infinity)
        #expect(try value.double(3).sign == .minus)
        #expect(value.serialized() == "[NaN, Infinity, -Infinity, -0.0, 1e-07, 5e-324, 1.7976931348623157e+308]")
    }

    @Test func refusals() {
        for (text, place) in [
            ("", "a value"), ("{\"a\" 1}", "\":\""), ("[1,]", "a value"), ("[1 2]", "\",\" or \"]\""),
            ("01", "a value"),
            ("1.", "a value"), ("-", "a value"), ("1e", "a value"), ("+1", "a value"), ("nul", "a value"),
            ("[1]x", "the end"),
            ("\"a", "the end of the string"), ("\"\n\"", "control character"), ("\"\\x\"", "escape"),
            ("\"\\u12\"", "escape"),
            ("\"\\ud800\"", "surrogate"), ("{\"a\":1,\"a\":2}", "every key once"), ("{1:2}", "a key"),
            ("'a'", "a value"),
        ] {
            expectError(place, "line 1") { try JSONValue(parsing: text) }
        }
        expectError("line 3, column 4") { try JSONValue(parsing: "{\n\"a\":\n1, x}") }
        expectError("UTF-8") { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(JSONValue.maximumDepth)) }
        expectError("256 levels") { try JSONValue(parsing: nested(JSONValue.maximumDepth + 1)) }
        expectError("256 levels") { try JSONValue(parsing: String(repeating: "[{\"a\":", count: 1_000_000)) }
    }

    @Test func access() throws {
        let value: JSONValue = ["layers": [["units": "many", "size": [3, 3], "rate": 1, "seed": .null]]]
        #expect(try value.double("layers", 0, "rate") == 1)
        #expect(try value.value(at: ["layers", 0, "size"]) == [3, 3])
        #expect(try value.valueIfPresent(at: ["layers", 0, "seed"], as: Int.self) == nil)
        #expect(try value.valueIfPresent(at: ["layers", 1, "seed"], as: Int.self) == nil)
        expectError("Expected an integer at \"layers[0].units\". Received: \"many\"") {
            try value.int("layers", 0, "units")
        }
        expectError("an integer", "There is no \"layers[7]\"") { try value.int("layers", 7, "units") }
        expectError("every element a string", "an array of 2") {
            try value.value(at: ["layers", 0, "size"], as: [String].self)
        }
        expectError("an integer") { try value.valueIfPresent(at: ["layers"], as: Int.self) }
    }

    @Test func fuzzing() {
        let text = #"{"a": [1, 2.5e3, "t\u00e9xt\n", {"b": null, "c": [true, false, NaN]}], "d": {"e": -Infinity}}"#
        let counts = fuzz(Array(text.utf8)) { try JSONValue(parsing: $0) }
        #expect(counts.refused > 1000)
    }
}
