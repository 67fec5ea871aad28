internal import Base

/// Reads any bytes as an EROFS image and checks what the readers promise: ranges within the bytes,
/// names of the right form, positions that only grow. Returns how many inodes were read.
@discardableResult
package func fuzzEROFS(_ input: RawSpan) -> Int {
    do throws(EROFSFailure) {
        let image = try EROFSImage(checking: input)
        precondition(image.bytes.byteCount <= input.byteCount)
        // A directory may contain itself: so many inodes in all.
        var left = 200
        walk(image.rootNumber, in: image, depth: 0, &left)
        return 200 - left
    } catch {
        return 0
    }
}

private func walk(
    _ number: UInt64, in image: borrowing EROFSImage, depth: Int, _ left: inout Int
) {
    guard left > 0, depth < 8 else { return }
    do throws(EROFSFailure) {
        let inode = try image.inode(number)
        left -= 1
        check(attributesOf: inode, in: image)
        if inode.isSymbolicLink {
            check(try image.target(of: inode), in: image)
        } else if inode.isRegular || inode.isDirectory {
            check(contentsOf: inode, in: image)
        }
        guard inode.isDirectory else { return }
        var position: Int64 = 0
        while let record = try image.record(of: inode, at: position) {
            precondition(record.next > position && record.next <= inode.byteCount)
            position = record.next
            check(record.name, in: image)
            precondition(record.name.count <= EROFS.maximumNameByteCount)
            let name = image.bytes.extracting(record.name)
            for index in 0..<name.byteCount {
                precondition(name.byte(at: index) != 0 && name.byte(at: index) != 0x2f)
            }
            if let found = try image.find(name, in: inode) {
                precondition(found.name.count == name.byteCount)
            }
            guard left > 0 else { return }
            walk(record.number, in: image, depth: depth + 1, &left)
        }
    } catch {}
}

private func check(_ range: Range<Int>, in image: borrowing EROFSImage) {
    precondition(range.lowerBound >= 0 && range.upperBound <= image.bytes.byteCount)
    precondition(!range.isEmpty)
}
private func check(attributesOf inode: EROFSInode, in image: borrowing EROFSImage) {
    do throws(EROFSFailure) {
        var attributes = try EROFSAttributes(of: inode, in: image)
        while let attribute = try attributes.next() {
            precondition(attribute.name.lowerBound >= 0)
            precondition(attribute.name.upperBound == attribute.value.lowerBound)
            precondition(attribute.value.upperBound <= image.bytes.byteCount)
        }
    } catch {}
}
/// Extents follow one another to the end of the file; the first hundred, and the last byte's.
private func check(contentsOf inode: EROFSInode, in image: borrowing EROFSImage) {
    guard inode.byteCount > 0 else { return }
    do throws(EROFSFailure) {
        var offset: Int64 = 0
        for _ in 0..<100 where offset < inode.byteCount {
            let extent = try image.extent(of: inode, at: offset)
            if case .bytes(let range) = extent { check(range, in: image) }
            precondition(extent.byteCount > 0)
            precondition(extent.byteCount <= inode.byteCount - offset)
            offset += extent.byteCount
        }
        _ = try image.extent(of: inode, at: inode.byteCount - 1)
    } catch {}
}
