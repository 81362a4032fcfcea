import ArgumentParser

@main
struct Troupe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "troupe",
        abstract: "Trains ensembles and meta-learners."
    )
}
