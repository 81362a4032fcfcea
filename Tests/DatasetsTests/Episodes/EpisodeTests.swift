import Datasets
import Execution
import Tensors
import TestSupport
import Testing

@Suite("Episodes")
struct EpisodeTests {
    private struct Drawn {
        let x: (support: [Float], query: [Float])
        let y: (support: TensorValue, query: TensorValue)
    }

    /// Episodes of some numbers, each drawn as a lane.
    private func draw(_ source: some EpisodeSource, seed: UInt64 = 1, numbers: [Int]) throws -> [Drawn] {
        let tables = source.tables
        let ports = [Port("keys", TensorType(.u32, [numbers.count, 2]))] + tables.map { Port($0.name, $0.value.type) }
        let program = try Program.trace(ports) { inputs in
            let episodes = vmap(Key(inputs[0])) { source.episode($0, from: Array(inputs[1...])) }
            return [
                "x": episodes.support.x, "y": episodes.support.y, "qx": episodes.query.x, "qy": episodes.query.y,
            ]
        }
        let stream = RandomKey(seed: seed)
        let keys = TensorValue(numbers.flatMap { stream.child($0).words }, shape: [numbers.count, 2])
        let found = try CompiledProgram(program).run([keys] + tables.map(\.value))
        func lane(_ value: TensorValue, _ index: Int) -> TensorValue {
            let type = TensorType(value.type.element, Shape(Array(value.shape.sizes.dropFirst())))
            let width = value.bytes.count / numbers.count
            return TensorValue(type: type, bytes: Array(value.bytes[(index * width)..<((index + 1) * width)]))
                ?? TensorValue(scalar: Float.nan)
        }
        return numbers.indices.map { index in
            Drawn(
                x: (lane(found[0], index).floats, lane(found[2], index).floats),
                y: (lane(found[1], index), lane(found[3], index))
            )
        }
    }

    @Test("a sine wave has an amplitude in [0.1, 5], a phase in [0, π], and points in [−5, 5], all spread evenly")
    func sinusoids() throws {
        let source = try Sinusoids(shots: 2, queries: 40)
        let episodes = try draw(source, numbers: Array(0..<2000))
        var amplitudes: [Double] = []
        var phases: [Double] = []
        for episode in episodes {
            let x = (episode.x.support + episode.x.query).map(Double.init)
            let y = (episode.y.support.floats + episode.y.query.floats).map(Double.init)
            #expect(x.allSatisfy { abs($0) <= 5 })
            // y = a sin x + b cos x by least squares, which must leave nothing.
            let (s, c) = (x.map(Seeded.sine), x.map { Seeded.sine($0 + .pi / 2) })
            func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
            let determinant = dot(s, s) * dot(c, c) - dot(s, c) * dot(s, c)
            let a = (dot(y, s) * dot(c, c) - dot(y, c) * dot(s, c)) / determinant
            let b = (dot(y, c) * dot(s, s) - dot(y, s) * dot(s, c)) / determinant
            for index in x.indices { #expect(abs(y[index] - a * s[index] - b * c[index]) < 1e-4) }
            // a = A cos φ and b = −A sin φ, which is not above 0.
            #expect(b < 1e-4)
            amplitudes.append((a * a + b * b).squareRoot())
            phases.append(a / (a * a + b * b).squareRoot())  // cos φ
        }
        #expect(amplitudes.allSatisfy { $0 > 0.0999 && $0 < 5.0001 })
        // Of 2,000 even draws a fifth of the range holds 400 ± 18; four deviations.
        for fifth in 0..<5 {
            let low = 0.1 + 0.98 * Double(fifth)
            #expect(abs(amplitudes.count { $0 >= low && $0 < low + 0.98 } - 400) < 72)
            let edges = [1.000_001, 0.809_016_99, 0.309_016_99, -0.309_016_99, -0.809_016_99, -1.000_001]  // cos(kπ/5)
            #expect(abs(phases.count { $0 < edges[fifth] && $0 >= edges[fifth + 1] } - 400) < 72)
        }
    }

    /// Rows of two features: the class and the place in it. Class c has 6 + c rows.
    private func table(classes: Int) throws -> Dataset {
        let rows = (0..<classes).flatMap { name in (0..<(6 + name)).map { (name, $0) } }
        return try Dataset(
            name: "table",
            features: TensorValue(rows.flatMap { [Float($0.0), Float($0.1)] }, shape: [rows.count, 2]),
            labels: .classes(ClassLabels(rows.map { Int32($0.0) }, names: (0..<classes).map { "class \($0)" }))
        )
    }

    @Test("an episode has distinct classes of those that may be drawn, and distinct rows of each, over many numbers")
    func classes() throws {
        let allowed = [1, 2, 4, 5, 7, 8]
        let source = try ClassEpisodes(of: table(classes: 9), classes: allowed, ways: 4, shots: 2, queries: 3)
        var drawn = [Int](repeating: 0, count: 9)
        var rows: [Int: Int] = [:]  // of class 8, which has 14
        for (number, episode) in try draw(source, numbers: Array(0..<1200)).enumerated() {
            #expect(episode.y.support.elements(as: Int32.self) == [0, 0, 1, 1, 2, 2, 3, 3])
            #expect(episode.y.query.elements(as: Int32.self) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
            var names: [Int] = []
            for way in 0..<4 {
                let support = (0..<2).map { 2 * way + $0 }.map { Array(episode.x.support[(2 * $0)..<(2 * $0 + 2)]) }
                let query = (0..<3).map { 3 * way + $0 }.map { Array(episode.x.query[(2 * $0)..<(2 * $0 + 2)]) }
                let all = support + query
                #expect(Set(all).count == 5, "episode \(number)")
                #expect(Set(all.map { $0[0] }).count == 1, "episode \(number)")
                let name = Int(all[0][0])
                #expect(all.allSatisfy { Int($0[1]) < 6 + name }, "no row but those that there are")
                names.append(name)
                drawn[name] += 1
                if name == 8 { for row in all { rows[Int(row[1]), default: 0] += 1 } }
            }
            #expect(Set(names).count == 4 && Set(names).isSubset(of: allowed), "episode \(number)")
        }
        // Each of six classes in two thirds of 1,200 episodes, 800 ± 16; each of 14 rows in 5/14 of those, 286 ± 14.
        for name in 0..<9 { #expect(allowed.contains(name) ? abs(drawn[name] - 800) < 65 : drawn[name] == 0) }
        #expect(rows.count == 14 && rows.values.allSatisfy { abs($0 - 286) < 60 })
    }

    @Test("an episode depends on the seed and its number only")
    func stable() throws {
        let source = try ClassEpisodes(of: table(classes: 9), ways: 4, shots: 1, queries: 2)
        let three = try draw(source, numbers: [0, 1, 2])
        let one = try draw(source, numbers: [1])
        #expect(one[0].x == three[1].x && one[0].y == three[1].y)
        #expect(three[0].x != three[1].x)
        #expect(try draw(source, seed: 2, numbers: [1])[0].x != one[0].x)
    }

    @Test("turned by right angles to the left, each image makes four classes, and all images of a class turn alike")
    func turning() throws {
        // Images [2, 2, 1] of one class: corners 1, 2, 3, 4 (row by row), times a number of their own.
        let images = (1...6).flatMap { image in [1, 2, 3, 4].map { Float($0 * image) } }
        let data = try Dataset(
            name: "corners",
            features: TensorValue(images, shape: [6, 4]),
            rowShape: [2, 2, 1],
            labels: .classes(ClassLabels([Int32](repeating: 0, count: 6), names: ["corners"]))
        )
        let source = try ClassEpisodes(of: data, ways: 4, shots: 1, queries: 2, turning: true)
        let turns: Set<[Float]> = [[1, 2, 3, 4], [2, 4, 1, 3], [4, 3, 2, 1], [3, 1, 4, 2]]
        for episode in try draw(source, numbers: Array(0..<20)) {
            var seen: Set<[Float]> = []
            for way in 0..<4 {
                let all =
                    [Array(episode.x.support[(4 * way)..<(4 * way + 4)])]
                    + (0..<2).map { Array(episode.x.query[(4 * (2 * way + $0))..<(4 * (2 * way + $0) + 4)]) }
                let shapes = Set(all.map { image in image.map { $0 / (image.min() ?? 1) } })
                #expect(shapes.count == 1)
                seen.formUnion(shapes)
            }
            #expect(seen == turns)
        }
    }

    @Test("classes are kept apart by seed, and every class is on one side")
    func splitting() throws {
        let data = try table(classes: 20)
        for seed in 0..<20 as Range<UInt64> {
            let (training, heldOut) = try data.classSplit(heldOut: 0.25, seed: seed)
            #expect(heldOut.count == 5)
            #expect((training + heldOut).sorted() == Array(0..<20), "seed \(seed)")
        }
        #expect(try data.classSplit(heldOut: 0.25, seed: 1).heldOut != data.classSplit(heldOut: 0.25, seed: 2).heldOut)
        let error = #expect(throws: EpisodeError.self) { try data.classSplit(heldOut: 0.01, seed: 0) }
        #expect(
            error?.description
                == "'held out' is 0.01, and must be a part of the 20 classes that leaves some on each side, such as 0.2."
        )
    }

    @Test("episodes that cannot be are refused with the reason")
    func mistakes() throws {
        let data = try table(classes: 3)
        let cases: [(String, () throws -> Void)] = [
            ("'ways' is 1, and must be a whole number from 2 to 10000.", { _ = try ClassEpisodes(of: data, ways: 1) }),
            (
                "'table' has 3 classes to draw from, but an episode of 4 ways needs as many. Classes to train on and those that "
                    + "are kept apart (held_out) are drawn from separately.",
                { _ = try ClassEpisodes(of: data, ways: 4) }
            ),
            (
                "The class 'class 0' of 'table' has 6 rows, but an episode takes 7 of a class: lower 'shots' or 'queries', "
                    + "or leave the class out.", { _ = try ClassEpisodes(of: data, ways: 2, shots: 2, queries: 5) }
            ),
            (
                "The rows of 'table' are [2], and only square images [side, side, channels] can be turned.",
                { _ = try ClassEpisodes(of: data, ways: 2, shots: 1, queries: 1, turning: true) }
            ),
            ("'shots' is 0, and must be a whole number from 1 to 10000.", { _ = try Sinusoids(shots: 0) }),
        ]
        for (text, make) in cases {
            let error = #expect(throws: EpisodeError.self) { try make() }
            #expect(error?.description == text)
        }
    }
}

extension Seeded {
    /// The sine, by its series, for arguments below 8.
    static func sine(_ x: Double) -> Double {
        var (term, sum) = (x, x)
        for n in 1...30 {
            term *= -x * x / Double((2 * n) * (2 * n + 1))
            sum += term
        }
        return sum
    }
}
