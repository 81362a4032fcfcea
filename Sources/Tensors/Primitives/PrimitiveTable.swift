/// Every primitive there is.
package enum PrimitiveTable {
    /// All of them, by their Swift names.
    package static let all: [any Primitive.Type] = [
        Absolute.self,
        Add.self,
        And.self,
        ArgMax.self,
        BroadcastInDim.self,
        Call.self,
        Compare.self,
        Concatenate.self,
        Constant.self,
        Convert.self,
        Convolution.self,
        Cosine.self,
        CumulativeSum.self,
        Divide.self,
        DotGeneral.self,
        Exponential.self,
        Floor.self,
        FusedMultiplyAdd.self,
        Gather.self,
        Iota.self,
        Log.self,
        Logistic.self,
        Maximum.self,
        Minimum.self,
        Multiply.self,
        Negate.self,
        Not.self,
        Or.self,
        Pad.self,
        RandomBits.self,
        ReciprocalSquareRoot.self,
        ReduceMaximum.self,
        ReduceMinimum.self,
        ReduceProduct.self,
        ReduceSum.self,
        Remainder.self,
        Reshape.self,
        Reverse.self,
        Scan.self,
        ScatterAdd.self,
        Select.self,
        ShiftLeft.self,
        ShiftRightLogical.self,
        Sign.self,
        Sine.self,
        Slice.self,
        Sort.self,
        SquareRoot.self,
        StopGradient.self,
        Subtract.self,
        Tanh.self,
        Transpose.self,
        WindowArgMax.self,
        Xor.self,
    ]

    private static let byName: [String: any Primitive.Type] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0) }
    )

    /// The primitive of this name; nil if there is none.
    package static func primitive(named name: String) -> (any Primitive.Type)? { byName[name] }
}
