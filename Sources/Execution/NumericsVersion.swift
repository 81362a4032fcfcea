/// The version of everything that decides bits: the order of sums, the polynomials of exp, log and tanh, the random
/// numbers. It is part of every task's hash, and a worker of another version gets no task.
public let numericsVersion: UInt32 = 1
