/// What `omniglot_golden.py` says of images_background_small1.zip.
enum OmniglotGolden {
    /// The sum of all pixels.
    static let inkOfSmall1 = 162602.38329831883
    /// Some pixels of the first image, by index.
    static let firstRow = [
        (213, 0.2488889), (284, 0.1377778), (326, 0.6533333), (372, 0.2488889), (409, 0.0622222), (440, 0.7333333),
        (484, 1.0),
    ]
}
