import CKernels
import Foundation
import TestSupport
import Testing

/// What the memory limits of control groups leave a process, from files like those of the kernel.
@Suite(.ownSession) struct GroupMemoryTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// The lines of `/proc/self/cgroup`.
        let groups: String
        /// The text of files by their path below `/sys/fs/cgroup`.
        let files: [String: String]
        var spare: Int64 = 0
        let room: Int64
    }

    static let none = Int64.max
    static let cases = [
        Case(testDescription: "no groups", groups: "", files: [:], room: none),
        Case(
            testDescription: "a group without a limit", groups: "0::/a\n",
            files: ["a/memory.max": "max\n", "a/memory.current": "500\n"], room: none),
        Case(
            testDescription: "a service", groups: "0::/system.slice/a.service\n",
            files: ["system.slice/a.service/memory.max": "1000\n", "system.slice/a.service/memory.current": "400\n"], room: 600),
        Case(
            testDescription: "a smaller limit above", groups: "0::/slice/a\n",
            files: [
                "slice/a/memory.max": "1000\n", "slice/a/memory.current": "100\n",
                "slice/memory.max": "1200\n", "slice/memory.current": "900\n",
            ], room: 300),
        Case(
            testDescription: "files that the system caches", groups: "0::/a\n",
            files: [
                "a/memory.max": "1000\n", "a/memory.current": "900\n",
                "a/memory.stat": "anon 200\nfile 700\ninactive_file 450\nactive_file 50\nshmem 200\n",
            ], room: 600),
        Case(
            testDescription: "a container, whose own group is the root", groups: "0::/\n",
            files: ["memory.max": "1000\n", "memory.current": "250\n"], room: 750),
        Case(
            testDescription: "a container with the path of the host", groups: "0::/docker/0123\n",
            files: ["memory.max": "1000\n", "memory.current": "250\n"], room: 750),
        Case(
            testDescription: "blocks that can be used again", groups: "0::/a\n",
            files: ["a/memory.max": "1000\n", "a/memory.current": "900\n"], spare: 300, room: 400),
        Case(
            testDescription: "more of them than is used", groups: "0::/a\n",
            files: ["a/memory.max": "1000\n", "a/memory.current": "900\n"], spare: 5000, room: 1000),
        Case(
            testDescription: "more used than allowed", groups: "0::/a\n",
            files: ["a/memory.max": "1000\n", "a/memory.current": "1100\n"], room: 0),
        Case(
            testDescription: "version 1", groups: "5:cpu,cpuacct:/b\n4:memory:/b\n0::/\n",
            files: [
                "memory/b/memory.limit_in_bytes": "2000\n", "memory/b/memory.usage_in_bytes": "1500\n",
                "memory/b/memory.stat": "inactive_file 1\ntotal_inactive_file 600\ntotal_active_file 100\n",
                "memory/memory.limit_in_bytes": "9223372036854771712\n", "memory/memory.usage_in_bytes": "999999\n",
            ], room: 1200),
        Case(
            testDescription: "version 1, controllers under one path", groups: "4:hugetlb,memory:/b\n",
            files: ["hugetlb,memory/b/memory.limit_in_bytes": "70\n", "hugetlb,memory/b/memory.usage_in_bytes": "30\n"], room: 40),
    ]

    @Test(arguments: cases) func room(_ sample: Case) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("groups-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let root = folder.appendingPathComponent("root")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try sample.groups.write(to: folder.appendingPathComponent("cgroup"), atomically: false, encoding: .utf8)
        for (path, text) in sample.files {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: false, encoding: .utf8)
        }
        let found = mk_group_room(folder.appendingPathComponent("cgroup").path, root.path, sample.spare)
        #expect(found == sample.room)
        #expect(mk_group_room(folder.path + "/missing", root.path, 0) == Self.none)
    }
}
