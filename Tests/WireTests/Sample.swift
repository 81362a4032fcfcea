import Tensors

/// Values that tests make up.
enum Sample {
    /// A digest that differs for each number.
    static func hash(_ number: Int) -> Hash { Hash(of: [UInt8](String(number).utf8)) }
}
