extension Tensor {
    /// A literal in this tensor's program.
    ///
    /// - Precondition: there are as many elements as the shape says.
    public func constant<Element: TensorElement>(_ elements: [Element], shape: Shape) -> Tensor {
        trace.apply(Constant(TensorValue(elements, shape: shape)), [])[0]
    }

    /// A scalar literal of this tensor's element type; floating point rounds to nearest.
    ///
    /// - Precondition: an integer type can hold the number.
    public func scalar(_ number: Double) -> Tensor { scalar(number, of: element) }

    /// A scalar literal of some element type.
    public func scalar(_ number: Double, of element: ElementType) -> Tensor {
        let value =
            switch element {
            case .f32: TensorValue(scalar: Float(number))
            case .f64: TensorValue(scalar: number)
            case .i32: TensorValue(scalar: Int32(number))
            case .u32: TensorValue(scalar: UInt32(number))
            case .u8: TensorValue(scalar: UInt8(number))
            case .bool: TensorValue([number != 0], shape: .scalar)
            }
        return trace.apply(Constant(value), [])[0]
    }

    /// A scalar zero of some element type.
    func zero(of element: ElementType) -> Tensor { scalar(0, of: element) }

    /// A tensor of this one's type that holds one number throughout.
    public func filled(_ number: Double) -> Tensor { scalar(number).broadcast(to: shape) }

    /// A tensor of this one's element type that holds one number throughout.
    public func filled(_ number: Double, shape: Shape) -> Tensor { scalar(number).broadcast(to: shape) }

    /// 0, 1, 2, … along one axis, in this tensor's program.
    public func iota(_ element: ElementType, _ shape: Shape, axis: Int) -> Tensor {
        trace.apply(Iota(TensorType(element, shape), dimension: axis), [])[0]
    }
}
