extension Tensor {
    /// The tensor as it is, whose gradient is turned round: y = x, dx = −λ dy.
    ///
    /// Between features and a classifier of domains it makes features that do not tell the domains apart. Ganin & Lempitsky
    /// 2015, Unsupervised Domain Adaptation by Backpropagation, eq. 9. It costs nothing when it runs.
    ///
    /// - Parameters:
    ///   - scale: λ; it usually grows from 0 to 1 in training, and is then an input of the program: see the other form.
    ///   - file: The file that errors name.
    ///   - line: The line that errors name.
    /// - Returns: the same numbers.
    public func reversingGradient(
        scale: Double = 1,
        file: StaticString = #fileID,
        line: Int = #line
    ) -> Tensor {
        reversingGradient(file: file, line: line) { $0 * -scale }
    }

    /// As the other form, with a scale that is computed.
    ///
    /// - Parameters:
    ///   - scale: λ, of this tensor's element type, of a shape that repeats to this tensor's; a constant to gradients.
    ///   - file: The file that errors name.
    ///   - line: The line that errors name.
    /// - Returns: the same numbers.
    public func reversingGradient(
        scale: Tensor,
        file: StaticString = #fileID,
        line: Int = #line
    ) -> Tensor {
        reversingGradient(file: file, line: line) { -(scale * $0) }
    }

    private func reversingGradient(file: StaticString, line: Int, _ turn: (Tensor) -> Tensor) -> Tensor {
        customDerivative(
            "reversingGradient",
            at: self,
            file: file,
            line: line,
            of: { $0 },
            pullback: { dy, _, _ in turn(dy) },
            tangents: { dx, _, _ in turn(dx) }
        )
    }
}
