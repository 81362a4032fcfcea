import Foundation
import Tensors

/// What golden.py wrote to golden.json: values made from the description of the formats alone.
struct Golden: Decodable {
    struct Blob: Decodable {
        var count: Int
        var name: String
    }

    struct Tensor: Decodable {
        var element: UInt8
        var sizes: [Int]
        var bytes: String
        var blob: String
        var name: String
    }

    var programs: [String: GoldenProgram]
    var blobs: [Blob]
    var tensors: [Tensor]
    var random: GoldenRandom

    static func read() throws -> Golden {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("golden.json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }
}

/// A flat program, its canonical bytes and their digest.
struct GoldenProgram: Decodable {
    var bytes: [UInt8]
    var hash: String
    var flat: FlatProgram

    private enum Key: CodingKey { case inputs, outputs, functions, bytes, hash, parameters, nodes, results }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        bytes = unhex(try values.decode(String.self, forKey: .bytes))
        hash = try values.decode(String.self, forKey: .hash)
        var functions: [FlatProgram.FlatFunction] = []
        var list = try values.nestedUnkeyedContainer(forKey: .functions)
        while !list.isAtEnd {
            let function = try list.nestedContainer(keyedBy: Key.self)
            functions.append(
                FlatProgram.FlatFunction(
                    parameters: try Self.items(of: function.nestedUnkeyedContainer(forKey: .parameters), Self.type),
                    nodes: try Self.items(of: function.nestedUnkeyedContainer(forKey: .nodes), Self.node),
                    results: try function.decode([Int].self, forKey: .results)
                )
            )
        }
        flat = FlatProgram(
            inputs: try values.decode([String].self, forKey: .inputs),
            outputs: try values.decode([String].self, forKey: .outputs),
            functions: functions
        )
    }

    private static func items<Item>(
        of list: any UnkeyedDecodingContainer,
        _ read: (inout any UnkeyedDecodingContainer) throws -> Item
    ) throws -> [Item] {
        var list = list
        var items: [Item] = []
        while !list.isAtEnd {
            var item: any UnkeyedDecodingContainer = try list.nestedUnkeyedContainer()
            items.append(try read(&item))
        }
        return items
    }

    private static func type(_ list: inout any UnkeyedDecodingContainer) throws -> TensorType {
        let number = try list.decode(UInt8.self)
        guard let element = ElementType(rawValue: number) else { throw CocoaError(.coderReadCorrupt) }
        return TensorType(element, Shape(try list.decode([Int].self)))
    }

    private static func node(_ list: inout any UnkeyedDecodingContainer) throws -> FlatProgram.FlatNode {
        FlatProgram.FlatNode(
            primitive: try list.decode(String.self),
            operands: try list.decode([Int].self),
            attributes: try items(of: list.nestedUnkeyedContainer(), attribute)
        )
    }

    private static func attribute(
        _ list: inout any UnkeyedDecodingContainer
    ) throws -> FlatProgram.FlatAttribute {
        let name = try list.decode(String.self)
        switch try list.decode(String.self) {
        case "integers": return .init(name: name, value: .integers(try list.decode([Int].self)))
        case "bytes": return .init(name: name, value: .bytes(unhex(try list.decode(String.self))))
        default: return .init(name: name, value: .function(try list.decode(Int.self)))
        }
    }
}

/// Words, keys and numbers of the random number scheme.
struct GoldenRandom: Decodable {
    struct Stream: Decodable {
        var counter: [UInt32]
        var key: [UInt32]
        var words: [UInt32]
    }

    struct ByIndex: Decodable {
        var index: Int
        var key: [UInt32]
    }

    struct ByName: Decodable {
        var name: String
        var key: [UInt32]
    }

    struct Edge: Decodable {
        var word: UInt32
        var normal: UInt32
    }

    struct Seed: Decodable {
        var seed: String
        var byIndex: [ByIndex]
        var byName: [ByName]
        var nested: [UInt32]
        var bits: [UInt32]
        var uniform: [UInt32]
        var below10: [Int32]
        var belowTwoToThe31: [Int32]
        var permutation: [Int32]
        var normal: [UInt32]

        private enum CodingKeys: String, CodingKey {
            case seed, nested, bits, uniform, permutation, normal
            case byIndex = "by index"
            case byName = "by name"
            case below10 = "below 10"
            case belowTwoToThe31 = "below 2^31"
        }

        var key: RandomKey { RandomKey(seed: UInt64(seed) ?? 0) }
    }

    var known: [Stream]
    var streams: [Stream]
    var seeds: [Seed]
    var edges: [Edge]
}

/// The bytes of hexadecimal digits.
func unhex(_ digits: String) -> [UInt8] {
    let digits = Array(digits.utf8)
    return stride(from: 0, to: digits.count, by: 2).map { index in
        UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
    }
}
