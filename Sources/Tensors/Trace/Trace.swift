final class Trace {
}
