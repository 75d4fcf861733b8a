import MartletCore

/// The header of an `.npy` file: a Python dictionary with type, order and shape.
struct NPYHeader {
    let element: StoredElement
    /// Of strings, how many characters each has, of 4 bytes (`U`) or 1 (`S`); nil for numbers.
    let strings: (characters: Int, byteCount: Int)?
    let order: ByteOrder
    let isFortranOrder: Bool
    let shape: Shape

    private static let elements: [String: StoredElement] = [
        "b1": .bool, "u1": .uint8, "i1": .int8, "i2": .int16, "u2": .uint16, "i4": .int32, "u4": .uint32, "i8": .int64,
        "f2": .float16, "f4": .float32, "f8": .float64,
    ]

    /// NumPy's description of a type, little-endian; nil for types that it does not have.
    static func descriptor(of dtype: DType) -> String? {
        let element = StoredElement(dtype)
        return elements.first { $0.value == element }.map { (element.byteCount == 1 ? "|" : "<") + $0.key }
    }

    init(from stream: any ByteStream) throws {
        let start = try stream.bytes(8, "NPY header")
        guard start.starts(with: NPY.magic), (1...3).contains(start[6]), start[7] == 0 else {
            throw stream.error("Expected NumPy's magic bytes and format version 1, 2 or 3. Received other bytes.")
        }
        let size = try stream.bytes(start[6] == 1 ? 2 : 4, "NPY header").reversed().reduce(0) { $0 << 8 | Int($1) }
        guard size <= 1 << 16 else {
            throw stream.error("Expected a header of at most 65536 bytes. Received \(size).")
        }
        let text = String(decoding: try stream.bytes(size, "NPY header"), as: UTF8.self)
        func malformed(_ what: String) -> MartletError {
            stream.error("Expected \(what) in the NPY header. Received: \(text.prefix(120).debugDescription).")
        }

        var literal = PythonLiteral(text)
        guard case .dictionary(let members)? = literal.parse() else { throw malformed("a Python dictionary") }
        guard members.count == 3 else { throw malformed("the keys descr, fortran_order and shape") }
        guard case .string(let descriptor)? = members["descr"] else { throw malformed("a plain type as descr") }
        guard case .bool(let isFortranOrder)? = members["fortran_order"] else {
            throw malformed("True or False as fortran_order")
        }
        guard case .tuple(let dimensions)? = members["shape"] else { throw malformed("a tuple of sizes as shape") }

        let kind = descriptor.dropFirst().first
        strings = (kind == "U" || kind == "S" ? Int(descriptor.dropFirst(2)) : nil).map { ($0, kind == "U" ? 4 : 1) }
        guard let mark = descriptor.first, "<>|=".contains(mark), strings.map({ (0..<1 << 31).contains($0.characters) }) != false,
            let element = strings == nil ? NPYHeader.elements[String(descriptor.dropFirst())] : .uint8
        else {
            let names = (NPYHeader.elements.keys.sorted() + ["U", "S"]).joined(separator: ", ")
            throw stream.error("Expected elements of a type among \(names). Received: \"\(descriptor)\".")
        }
        self.element = element
        order = mark == ">" ? .big : mark == "<" ? .little : .host
        self.isFortranOrder = isFortranOrder
        do {
            shape = try Shape(validating: dimensions)
        } catch {
            throw stream.error("Expected the sizes of an array. \(error.message)")
        }
    }
}

/// The part of Python's literals that `.npy` headers use.
private struct PythonLiteral {
    enum Value {
        case string(String)
        case bool(Bool)
        case tuple([Int])
        case dictionary([String: Value])
    }

    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    /// Parses the whole text as one literal, nil when it is not one.
    mutating func parse() -> Value? {
        guard let value = dictionary() else { return nil }
        skipSpace()
        return rest.isEmpty ? value : nil
    }

    private mutating func dictionary() -> Value? {
        guard take("{") else { return nil }
        var members: [String: Value] = [:]
        while !take("}") {
            guard let key = string(), members[key] == nil, take(":"), let value = value() else { return nil }
            members[key] = value
            if !take(",") { return take("}") ? .dictionary(members) : nil }
        }
        return .dictionary(members)
    }

    private mutating func value() -> Value? {
        if take("True") { return .bool(true) }
        if take("False") { return .bool(false) }
        if take("(") { return tuple() }
        return string().map { .string($0) }
    }

    private mutating func tuple() -> Value? {
        var numbers: [Int] = []
        while !take(")") {
            skipSpace()
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            // Python 2 marked long integers.
            _ = take("L")
            numbers.append(number)
            if !take(",") { return numbers.count > 1 && take(")") ? .tuple(numbers) : nil }
        }
        return .tuple(numbers)
    }

    private mutating func string() -> String? {
        for quote in ["'", "\""] where take(quote) {
            let content = rest.prefix { String($0) != quote && $0 != "\\" }
            rest = rest.dropFirst(content.count)
            return take(quote) ? String(content) : nil
        }
        return nil
    }

    private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

    private mutating func take(_ word: String) -> Bool {
        skipSpace()
        guard rest.hasPrefix(word) else { return false }
        rest = rest.dropFirst(word.count)
        return true
    }
}
