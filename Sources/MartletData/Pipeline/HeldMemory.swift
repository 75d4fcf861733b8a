import Foundation
import MartletCore

/// Something that knows how many bytes it holds, for stages that keep elements.
package protocol Sized {
    var heldBytes: Int { get }
}

/// Asks for memory while a stage keeps elements, so that too little of it is an error and not the end of the program.
struct HeldMemory {
    let place: String
    private var bytes = 0

    init(_ place: String) { self.place = place }

    /// Takes notice of an element that is kept.
    /// - Throws: `MartletError` when what is kept leaves too little.
    mutating func add(_ element: Any) throws {
        let size = HeldMemory.byteCount(of: element)
        bytes += size
        // The elements so far count as taken. Without a limit, looking at what is free takes long.
        guard bytes >= (Settings.memoryLimit == nil ? 32 << 20 : 1 << 16) else { return }
        bytes = 0
        try Settings.requireMemory(Settings.memoryLimit == nil ? 64 << 20 : max(1, size), at: place)
    }

    private static func byteCount(of element: Any) -> Int {
        switch element {
        case let element as Tensor: element.spec.bytes
        case let element as any Sized: element.heldBytes
        case let elements as [Tensor]: elements.reduce(0) { $0 + $1.spec.bytes }
        case let (a, b) as (Tensor, Tensor): a.spec.bytes + b.spec.bytes
        case let (a, b, c) as (Tensor, Tensor, Tensor): a.spec.bytes + b.spec.bytes + c.spec.bytes
        case let (a, b) as ([Tensor], Tensor): byteCount(of: a) + b.spec.bytes
        case let element as String: element.utf8.count
        case let element as Data: element.count
        case let (text, b) as (String, Tensor): text.utf8.count + b.spec.bytes
        default: 64
        }
    }
}

extension Array {
    /// Appends an element. Where the array has to grow, it asks for the memory first: Swift's arrays end the program when there
    /// is none.
    /// - Throws: `MartletError` that names `place`.
    mutating func append(_ element: Element, askingAt place: @autoclosure () -> String) throws(MartletError) {
        if count == capacity { try Self.requireMemory(2 * count + 1, at: place()) }
        append(element)
    }

    /// Throws when there is no memory for an array of so many elements.
    static func requireMemory(_ count: Int, at place: String) throws(MartletError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        try Settings.requireMemory(overflow ? .max / 4 : bytes, at: place)
    }
}

extension TensorSpec {
    /// The bytes of the elements.
    var bytes: Int { shape.elementCount * dtype.byteCount }
}
