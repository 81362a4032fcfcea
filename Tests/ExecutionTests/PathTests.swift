import CKernels
import Execution
import Foundation
@testable import Tensors
import TestSupport
import Testing

/// The kernels exist once for each instruction set; which of them runs must not be seen in any bit.
@Suite("Kernel paths", .serialized)
struct PathTests {
    private static let paths = (TROUPE_PORTABLE.rawValue...UInt32(troupe_best_path())).map { Int32($0) }

    /// Runs a program compiled for each path that the processor has, and puts the best one back.
    private func results(of program: Program, _ inputs: [TensorValue]) throws -> [[TensorValue]] {
        defer { troupe_force_path(troupe_best_path()) }
        return try Self.paths.map { path in
            #expect(troupe_force_path(path) == 0)
            return try CompiledProgram(program).run(inputs)
        }
    }

    private func expectSameBits(_ program: Program, _ inputs: [TensorValue], _ what: String) throws {
        let results = try results(of: program, inputs)
        for (path, found) in zip(Self.paths, results) { #expect(found == results[0], "path \(path), \(what)") }
    }

    @Test("the best that the processor has is the one that runs")
    func choice() throws {
        #expect(troupe_path() == troupe_best_path())
        // What the kernel says of the processor, read independently of the compiler's own test.
        let description = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let line = description.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
        let flags = Set(line.split(separator: " ").map { String($0) })
        var expected = TROUPE_PORTABLE
        if flags.isSuperset(of: ["avx2", "fma"]) { expected = TROUPE_AVX2 }
        if flags.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"]) { expected = TROUPE_AVX512 }
        #expect(troupe_best_path() == Int32(expected.rawValue))
        #expect(troupe_force_path(troupe_best_path() + 1) == -1, "a path that the processor lacks is refused")
        #expect(troupe_force_path(-1) == -1)
        #expect(troupe_path() == troupe_best_path())
    }

    @Test("each primitive gives the same bits on every path, over random shapes, types and bits")
    func primitives() throws {
        for row in rows {
            for seed in 0..<25 as Range<UInt64> {
                var random = Seeded(seed)
                let example = row.make(&random, .values)
                let inputs = example.inputs
                try expectSameBits(Program.of(inputs.map(\.type), example.results), inputs, "\(row.name), seed \(seed)")
            }
        }
    }

    @Test("functions give the same bits on every path, for all exponents, infinities, denormals and NaN")
    func functions() throws {
        let functions: [(Tensor) -> Tensor] = [
            { $0.exponential() }, { $0.log() }, { $0.tanh() }, { $0.logistic() }, { $0.squareRoot() },
            { $0.exponentialMinusOne() }, { $0.logPlusOne() }, { $0.reciprocalSquareRoot() }, { $0.sine() },
            { $0.cosine() }, { $0.floor() }, { $0.sign() },
            { $0.converted(to: .i32).converted(to: .f32) }, { $0.converted(to: .u8).converted(to: .f64) },
            { $0.converted(to: .u32).converted(to: .f32) }, { fma($0, $0, -$0) }, { $0 / ($0 + 1) },
        ]
        let singles = (0..<65_537 as Range<UInt32>).map { Float(bitPattern: $0 << 16 &+ $0 &* 40_503) } + Seeded.floats
        let patterns = (0..<20_011 as Range<UInt64>).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
        let doubles = patterns.map { Double(bitPattern: $0) } + Seeded.doubles
        for input in [TensorValue(singles), TensorValue(doubles)] {
            let program = try Program.of([input.type]) { inputs in functions.map { $0(inputs[0]) } }
            try expectSameBits(program, [input], "\(input.type)")
        }
    }

    @Test("products give the same bits on every path, for many shapes, orientations and numbers of rows")
    func products() throws {
        for seed in 0..<120 as Range<UInt64> {
            var random = Seeded(seed)
            // At times so many that panels of the right operand are laid out anew.
            let isLarge = random.oneIn(8)
            let m = isLarge ? random.integer(24...40) : random.integer(0...30)
            let n = isLarge ? random.integer(192...260) : random.integer(0...75)
            let k = isLarge ? random.integer(300...900) : random.integer(0...50)
            let (turnsLeft, turnsRight) = (random.oneIn(2), random.oneIn(2))
            let a = random.value(TensorType(.f32, turnsLeft ? [k, m] : [m, k]), random.oneIn(8) ? .any : .plain)
            let b = random.value(TensorType(.f32, turnsRight ? [n, k] : [k, n]))
            let program = try Program.of([a.type, b.type]) { inputs in
                [dotGeneral(inputs[0], inputs[1], contracting: ([turnsLeft ? 0 : 1], [turnsRight ? 1 : 0]))]
            }
            try expectSameBits(program, [a, b], "\(m) × \(k) × \(n), left \(turnsLeft), right \(turnsRight)")
        }
    }

    @Test("convolutions give the same bits on every path, for many shapes, strides and groups")
    func convolutions() throws {
        for seed in 0..<60 as Range<UInt64> {
            var random = Seeded(seed)
            let (groups, channels, features) = (random.integer(1...2), random.integer(1...9), random.integer(1...50))
            let (stride, size) = (random.integer(1...2), random.integer(3...16))
            let x = random.value(
                TensorType(.f32, [random.integer(1...14), size, random.integer(3...16), channels * groups]),
                random.oneIn(8) ? .any : .plain
            )
            let kernel = random.value(TensorType(.f32, [3, 3, channels, features * groups]))
            let program = try Program.of([x.type, kernel.type]) { inputs in
                [convolution(inputs[0], inputs[1], stride: [stride, 1], padding: .same, groups: groups)]
            }
            try expectSameBits(program, [x, kernel], "\(x.type), \(kernel.type)")
        }
    }

    @Test("sums give the same bits on every path, over rows and over columns of many lengths")
    func sums() throws {
        for seed in 0..<120 as Range<UInt64> {
            var random = Seeded(seed)
            let shape: Shape = [random.integer(1...4), random.integer(0...100), random.integer(1...40)]
            let x = random.value(TensorType(.f32, shape))
            let program = try Program.of([x.type]) { inputs in [[0], [1], [2], [0, 2]].map { inputs[0].sum(over: $0) } }
            try expectSameBits(program, [x], "\(shape)")
        }
    }

    @Test("whole programs and their gradients give the same bits on every path")
    func programs() throws {
        for seed in 0..<60 as Range<UInt64> {
            let function = RandomFunction(seed: seed)
            var random = Seeded(seed)
            let program = try Program.of(function.inputs) { inputs in
                let scalar = { (inputs: [Tensor]) in
                    function(inputs).results.reduce(inputs[0].scalar(0)) { $0 + $1.sum() }
                }
                return function(inputs).results + gradient(at: inputs, of: scalar)
            }
            try expectSameBits(program, function.values(&random), "seed \(seed)")
        }
    }

    @Test("the bits of all functions are those of numerics version 1")
    func frozen() throws {
        // Made by this test itself, once: what it guards is that nobody changes a bit without a new version. All exponents,
        // and many numbers of ordinary size, so that a coefficient's last digits are seen.
        let singles = (0..<65_536 as Range<UInt32>).flatMap { i in
            [Float(bitPattern: i << 16 | (i &* 40_503 & 0xffff)), Float(Int32(i) - 32_768) * 0x1.3p-11]
        }
        let doubles = (0..<65_536 as Range<UInt64>).flatMap { i in
            [Double(bitPattern: i &* 0x9E37_79B9_7F4A_7C15), (Double(i) - 32_768) * 0x1.3p-11]
        }
        let found = try [TensorValue(singles), TensorValue(doubles)].flatMap { input in
            let program = try Program.of([input.type]) { inputs in
                let x = inputs[0]
                return [
                    x.exponential(), x.log(), x.tanh(), x.logistic(), x.reciprocalSquareRoot(), x.sine(), x.cosine(),
                ]
            }
            return try CompiledProgram(program).run([input]).map { String($0.hash.description.prefix(16)) }
        }
        #expect(numericsVersion == 1)
        #expect(
            found == [
                "8222d981a63de6e2", "9a0f0a646ce962f6", "9c0956ba5739ae28", "0b058f8eb5bd5f63", "9ad3788f5157eacf",
                "bde747a3199dc839", "b72d38bd67fde4e5", "a0cdee32aba9005a", "0d7f2875a1834730", "d706038d0e1309a7",
                "2f225e8cfc69cefd", "446ece06e19657a6", "ae5fbc87e50e3b78", "317637d47937fbdd",
            ]
        )
    }
}
