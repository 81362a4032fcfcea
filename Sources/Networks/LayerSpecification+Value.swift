extension LayerSpecification.Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, CustomStringConvertible
{
    /// A whole number.
    public init(_ number: Int) { self = .number(Double(number)) }
    /// A literal such as `64`.
    public init(integerLiteral number: Int) { self.init(number) }
    /// A literal such as `1e-5`.
    public init(floatLiteral number: Double) { self = .number(number) }
    /// A literal such as `"same"`.
    public init(stringLiteral word: String) { self = .word(word) }
    /// A literal such as `[28, 28, 1]`.
    public init(arrayLiteral numbers: Int...) { self = .numbers(numbers.map(Double.init)) }

    /// As `2.5`, `[28, 28, 1]` or `'same'`; a whole number without a point.
    public var description: String {
        let plain = { (number: Double) in Int(exactly: number).map { "\($0)" } ?? "\(number)" }
        return switch self {
        case .number(let number): plain(number)
        case .numbers(let numbers): "[\(numbers.map(plain).joined(separator: ", "))]"
        case .word(let word): "'\(word)'"
        }
    }
}
