import Foundation
import MartletCore
import TestSupport
import Testing

/// How a program ends when something is wrong.
@Suite(.ownSession) struct EndingTests {
    /// What a program printed before it stops is not lost in a pipe.
    @Test func stopsAfterWhatWasPrinted() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardOutputContent, \.standardErrorContent]
        ) {
            // What a stream holds back until its buffer is full.
            fputs("epoch 1\n", fdopen(STDOUT_FILENO, "w"))
            _ = Tensor([1.0, 2.0]).item()
        }
        #expect(String(decoding: try #require(result).standardOutputContent, as: UTF8.self).contains("epoch 1\n"))
    }

    @Test func errorsOfPrograms() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(1), observing: [\.standardOutputContent, \.standardErrorContent]
        ) {
            reportingErrors {
                print("before")
                throw MartletError("Expected a file.", at: "a.npy")
            }
        }
        #expect(String(decoding: try #require(result).standardOutputContent, as: UTF8.self).contains("before\n"))
        #expect(
            String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
                .contains("error: a.npy: Expected a file.\n"))
        #expect(reportingErrors { 3 } == 3)
    }
}
