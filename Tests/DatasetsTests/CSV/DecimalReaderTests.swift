import TestSupport
import Testing

@testable import Datasets

@Suite("A decimal number")
struct DecimalReaderTests {
    private let reader = DecimalReader()

    @Test("is the nearest Double, as the standard library finds it")
    func nearest() {
        for seed in 0..<20_000 as Range<UInt64> {
            var random = Seeded(seed)
            var text = ["", "-", "+"].randomElement(using: &random) ?? ""
            let digits = Int.random(in: 1...Int.random(in: 1...25, using: &random), using: &random)
            let point = Int.random(in: 0...digits, using: &random)
            for place in 0..<digits {
                if place == point, place > 0 { text += "." }
                text += String(random.oneIn(3) ? 0 : Int.random(in: 0...9, using: &random))
            }
            if random.oneIn(2) {
                text += random.oneIn(2) ? "e" : "E"
                text += ["", "-", "+"].randomElement(using: &random) ?? ""
                text += String(Int.random(in: 0...Int.random(in: 1...400, using: &random), using: &random))
            }
            #expect(reader.value(of: Array(text.utf8))?.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
    }

    @Test("is the nearest Double, as Python finds it")
    func golden() {
        // make_golden.py: the bits of Python's float.
        let bits: [String: UInt64] = [
            "0.1": 0x3fb9_9999_9999_999a, "-1e-3": 0xbf50_624d_d2f1_a9fc, "16777217": 0x4170_0000_1000_0000,
            "123456789012345678901234567890": 0x45f8_ee90_ff6c_373e, "3.4028235e38": 0x47ef_ffff_e54d_aff8,
            "1e-46": 0x3662_44ce_242c_5561, "7.006e-46": 0x368f_ff6c_a3f7_1f45,
            "0.3333333333333333333333333": 0x3fd5_5555_5555_5555, "9007199254740993": 0x4340_0000_0000_0000,
            "1.00000005960464477539062500001": 0x3ff0_0000_1000_0000,
        ]
        for (text, bits) in bits { #expect(reader.value(of: Array(text.utf8))?.bitPattern == bits, "\(text)") }
    }

    @Test("may lack digits on one side of its point, and may be too large or too small")
    func forms() {
        let values: [String: Double] = [
            ".5": 0.5, "5.": 5, "-.5e1": -5, "007": 7, "1e400": .infinity, "-1e99999999999999999999": -.infinity,
            "1e-400": 0, "0e99999999999999999999": 0, "0.0000000000000000000000000000000000001": 1e-37,
            "000000000000000000000000000001": 1, "1e-99999999999999999999": 0,
        ]
        for (text, value) in values { #expect(reader.value(of: Array(text.utf8)) == value, "\(text)") }
        #expect(reader.value(of: Array("-0".utf8))?.sign == .minus)
    }

    @Test("is nothing else")
    func others() {
        let texts = [
            "", "+", "-", ".", "e5", ".e5", "1e", "1e+", "1.2.3", "1 2", " 1", "nan", "inf", "0x10", "1_0", "1f", "٣",
            "1e5.0", "--1", "1-", "1e400x",
        ]
        for text in texts { #expect(reader.value(of: Array(text.utf8)) == nil, "\(text)") }
    }
}
