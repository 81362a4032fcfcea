@testable import Execution
@testable import Tensors
import TestSupport
import Testing

/// Own polynomials against the C library's functions in Double.
///
/// The bounds are those of `Accuracy.table`; they are the same on every kernel path, because the bits are.
@Suite("Functions of our own")
struct FunctionTests {
    struct Function: Sendable, CustomTestStringConvertible {
        var primitive: any Primitive
        /// The golden digests of bits, of f32 and of f64, and where their even grids begin and how long they are.
        var single: String
        var double: String
        var start: Double
        var extent: Double
        var testDescription: String { primitive.name }

        init(_ primitive: any Primitive, from start: Double, extent: Double, single: String, double: String) {
            self.primitive = primitive
            self.start = start
            self.extent = extent
            self.single = single
            self.double = double
        }

        func callAsFunction(_ x: Tensor) -> Tensor { Trace.apply(primitive, [x])[0] }

        /// Units in the last place; that of f64 with one for the C library.
        var bounds: (single: Double, double: Double) {
            guard case .units(let single, let double) = Accuracy.table[primitive.name] else { return (0.5, 0.5) }
            return (single, double + 1)
        }
    }

    static let functions: [Function] = [
        Function(
            Exponential(),
            from: -0.5,
            extent: 1,
            single: "eb7505b69e4f961ae809a30d3ed8bad49e6502a89808ae369437ff671f217e4e",
            double: "6bfa34eb21eba45a1b4218a0544b10300536339359c2503b1b87b286ea389f20"
        ),
        Function(
            Log(),
            from: 0.5,
            extent: 1,
            single: "37ee5432e399781b0f61943f5b9dea3db6652a722d923ca1141b7159efe03d71",
            double: "db2eaa978d13172b9ce1ec7f01f77118522bcbcc8a3449fc98b9057250666857"
        ),
        Function(
            Tanh(),
            from: -1,
            extent: 2,
            single: "c71b6d12754e20f68d05821df849598c4849f3b55af6868b95152366e59cdf4b",
            double: "a681fb326c68e639f7536e8f037cd9cd9b583cdae1680e516c5f945f11d16868"
        ),
        Function(
            Logistic(),
            from: -8,
            extent: 16,
            single: "2418368e64ed799dae9822504a46feba2e35cb352528d862716178a6fb764a11",
            double: "2e969664866d2da084b69becb0360122fbaa5e3576b74b34a693552f7d8a9efb"
        ),
        Function(
            Sine(),
            from: -4,
            extent: 8,
            single: "ae4b40d67c44662c1a665e432c55ba900efba2f458d86c0596bebfc73bfdb52d",
            double: "16ff7456a2443fa570720ef97115aea5c316e52459b5820a9f9bde95467663e9"
        ),
        Function(
            Cosine(),
            from: -4,
            extent: 8,
            single: "82e85c2be26e78f28f00331c098dc3d5096152627ca7a8dea753ed521f2e9a09",
            double: "0f24ab50da58d418abd6deb4c41633c270fa51325bfa020556e7f4f89c491e43"
        ),
        Function(
            ExponentialMinusOne(),
            from: -1,
            extent: 2,
            single: "64fc67bc94a8f65cea83c8a459cf606c76c852f7dc3f60fc2c6ab782104bbf39",
            double: "a8174077f32a11ff2a61888087838d92857fe44be4b60921c314195c22b96734"
        ),
        Function(
            LogPlusOne(),
            from: -0.5,
            extent: 1,
            single: "9a5d21cf596b39247088894b22f72ea4e1af3f774c218339ba62b6240d3f149c",
            double: "83384be947098804e0a768b66b51f65f90d29fede79324ecf86c382a7b9837cf"
        ),
        Function(
            SquareRoot(),
            from: 0.5,
            extent: 2,
            single: "817184a32f55e5814cb6da7dff249d323cf27e7e9f7202269a8d2325f0136c0b",
            double: "ccab118a17e152b1a8d51f13f660569b798b29a144afc72d53380554f7255dfb"
        ),
        Function(
            ReciprocalSquareRoot(),
            from: 0.5,
            extent: 2,
            single: "24712b1dd5ba2ab942437f323d8f6407af7cbb0b40fffba7969c46f452f38b57",
            double: "c4acd4a4c2609b8e93ab6fe711240dc8246853410035808c0203fb297d81fc2a"
        ),
    ]

    @Test("are within their bounds over all exponents, infinities, denormals and NaN", arguments: functions)
    func accuracy(_ function: Function) throws {
        let single = try worst(function, Self.singles.map { Float(bitPattern: $0) })
        #expect(single.distance <= function.bounds.single, "\(function.primitive.name)(\(single.at)) in f32")
        let double = try worst(function, Self.doubles.map { Double(bitPattern: $0) })
        #expect(double.distance <= function.bounds.double, "\(function.primitive.name)(\(double.at)) in f64")
    }

    /// The bits were made by the kernels; the same numbers are held to the bounds. One bit of one of them in another
    /// place, such as from a coefficient that is off by 10⁻⁷, gives another digest.
    @Test(
        "have the bits that they had, on even grids and over all exponents, and they are within the bounds",
        arguments: functions
    )
    func bits(_ function: Function) throws {
        let grid = { (count: Int) in
            (0..<count).map { function.start + Double($0) * (function.extent / Double(count)) }
        }
        let singles =
            grid(1 << 19).map { Float($0) } + (0..<(1 << 16)).map { Float(bitPattern: $0 << 16 &+ $0 &* 40_503) }
        let doubles =
            grid(1 << 17) + (0..<(1 << 14)).map { Double(bitPattern: $0 &* 0x9E37_79B9_7F4A_7C15) }
        let (single, double) = (TensorValue(singles), TensorValue(doubles))
        let found = (try run(function, single), try run(function, double))
        #expect(Hash(of: found.0.bytes).description == function.single, "\(function.primitive.name) in f32")
        #expect(Hash(of: found.1.bytes).description == function.double, "\(function.primitive.name) in f64")
        #expect(try worst(function, singles).distance <= function.bounds.single)
        #expect(try worst(function, doubles).distance <= function.bounds.double)
    }

    @Test("sine and cosine are NaN beyond 2³⁰, where the reference still means an angle")
    func angles() throws {
        let outside = Self.singles.map { Float(bitPattern: $0) }.filter { !($0.magnitude <= 0x1p30) }
        for primitive in [Sine(), Cosine()] as [any Primitive] {
            let type = TensorType(.f32, [outside.count])
            let program = try Program.of([type]) { Trace.apply(primitive, $0) }
            #expect(try CompiledProgram(program).run([TensorValue(outside)])[0].floats.allSatisfy { $0.isNaN })
        }
    }

    @Test("keep their limits and the signs of zeros")
    func limits() throws {
        let golden: [(String, @Sendable (Tensor) -> Tensor, [Float], [Float])] = [
            ("exp", { $0.exponential() }, [-.infinity, -104, 0, 89, .infinity], [0, 0, 1, .infinity, .infinity]),
            ("log", { $0.log() }, [-1, -0.0, 0, 1, .infinity], [.nan, -.infinity, -.infinity, 0, .infinity]),
            (
                "exp − 1", { $0.exponentialMinusOne() }, [-.infinity, -104, -0.0, 0, .infinity],
                [-1, -1, -0.0, 0, .infinity]
            ),
            (
                "log (1 + x)", { $0.logPlusOne() }, [-2, -1, -0.0, 0, .infinity],
                [.nan, -.infinity, -0.0, 0, .infinity]
            ),
            ("tanh", { $0.tanh() }, [-.infinity, -20, -0.0, 0, 20, .infinity], [-1, -1, -0.0, 0, 1, 1]),
            ("logistic", { $0.logistic() }, [-.infinity, -104, 0, 20, .infinity], [0, 0, 0.5, 1, 1]),
            ("sine", { $0.sine() }, [-.infinity, -0.0, 0, .infinity], [.nan, -0.0, 0, .nan]),
            ("sqrt", { $0.squareRoot() }, [-1, -0.0, 0, .infinity], [.nan, -0.0, 0, .infinity]),
            ("rsqrt", { $0.reciprocalSquareRoot() }, [-1, -0.0, 0, .infinity], [.nan, -.infinity, .infinity, 0]),
        ]
        for (name, apply, inputs, expected) in golden {
            let single = TensorValue(inputs)
            let found = try CompiledProgram(Program.of([single.type]) { [apply($0[0])] }).run([single])[0].floats
            #expect(
                found.map(\.bitPattern) == expected.map { $0.isNaN ? 0x7fc0_0000 : $0.bitPattern },
                "\(name) in f32"
            )
            let double = TensorValue(inputs.map { Double($0) })
            let doubles = try CompiledProgram(Program.of([double.type]) { [apply($0[0])] }).run([double])[0]
            for (index, (f, e)) in zip(doubles.elements(as: Double.self), expected).enumerated() {
                // In f64, −104 and 20 are nothing special: only near.
                let isNear = Float(f) == e || abs(f - Double(e)) < 1e-8 || inputs[index] == 89
                #expect((f.isNaN && e.isNaN) || isNear && f.sign == e.sign, "\(name)(\(inputs[index])) in f64 is \(f)")
            }
        }
    }

    private func run(_ function: Function, _ input: TensorValue) throws -> TensorValue {
        try CompiledProgram(Program.of([input.type]) { [function($0[0])] }).run([input])[0]
    }

    /// The number at which a function is furthest from the reference; angles beyond 2³⁰ left out.
    private func worst<Number: TensorElement & BinaryFloatingPoint>(
        _ function: Function,
        _ numbers: [Number]
    ) throws -> (distance: Double, at: Number) {
        let isAngle = function.primitive is Sine || function.primitive is Cosine
        let numbers = isAngle ? numbers.filter { $0.magnitude <= 0x1p30 } : numbers
        let input = TensorValue(numbers)
        let program = try Program.of([input.type]) { [function($0[0])] }
        let found = try CompiledProgram(program).run([input])[0]
        let distances = ulpDistances(found, try ReferenceInterpreter().run(program, [input])[0])
        let place = distances.indices.max { distances[$0] < distances[$1] } ?? 0
        return (distances[place], numbers[place])
    }

    /// Bits of every exponent and both signs, and every special number.
    private static let singles: [UInt32] = {
        var random = Seeded(1)
        let spread = (0..<60_000 as Range<UInt32>).map { $0 << 16 &+ UInt32(truncatingIfNeeded: random.next()) >> 12 }
        let ordinary = (0..<60_000).map { _ in Float.random(in: -20...20, using: &random).bitPattern }
        return spread + ordinary + Seeded.floats.map(\.bitPattern)
    }()

    private static let doubles: [UInt64] = {
        var random = Seeded(2)
        let spread = (0..<30_000).map { _ in random.next() }
        let ordinary = (0..<60_000).map { _ in Double.random(in: -20...20, using: &random).bitPattern }
        return spread + ordinary + Seeded.doubles.map(\.bitPattern)
    }()
}
