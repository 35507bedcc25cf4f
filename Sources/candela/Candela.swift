@main struct Candela { static func main() {} }
