/// Placeholder body until AddressSpace lands: a mapped range.
package final class Region {
    package init() {}
}
extension PageCache {
    func unmapEverywhere(from pageIndex: Int) {}
}
