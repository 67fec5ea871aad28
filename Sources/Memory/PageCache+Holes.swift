internal import Base
internal import Hardware

extension PageCache {
    /// The first page from `index` on that has a frame; `nil` where all are holes.
    package func nextPage(from index: Int) -> Int? {
        for page in max(index, 0)..<max(Self.directCount, index)
        where existingFrame(at: page) != nil {
            return page
        }
        return nextInTree(from: max(index, Self.directCount))
    }

    /// Makes bytes `start..<end` zero and gives back what memory it can; the length stays.
    ///
    /// While the file is mapped, pages are zeroed in place: every mapping sees it, and no page table
    /// has to be looked through.
    package func punchHole(from start: Int64, to end: Int64) {
        let end = min(end, Int64(pageCount) << Int64(Page.shift))
        guard start >= 0, start < end else { return }
        var next = nextPage(from: Int(start >> Int64(Page.shift)))
        while let page = next, Int64(page) << Int64(Page.shift) < end {
            let base = Int64(page) << Int64(Page.shift)
            let from = Int(max(start - base, 0))
            let to = Int(min(end - base, Int64(Page.size)))
            if from == 0, to == Page.size, firstMapping == nil {
                removePage(page)
            } else if let frame = existingFrame(at: page) {
                frame.zero(from: from, to: to)
            }
            next = nextPage(from: page + 1)
        }
    }
}
