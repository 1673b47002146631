/**
 * How many letters were added, left out, replaced or swapped with their neighbour (Damerau-Levenshtein, optimal string
 * alignment); `most` + 1 for more than `most`.
 */
export function editDistance(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1
  let [start, end, otherEnd] = [0, one.length, other.length]
  while (start < end && start < otherEnd && one[start] === other[start]) start += 1
  while (end > start && otherEnd > start && one[end - 1] === other[otherEnd - 1]) {
    end -= 1
    otherEnd -= 1
  }
  const columns = otherEnd - start
  let beforeLast: number[] = []
  let last = Array.from({ length: columns + 1 }, (_, column) => column)
  for (let row = 1; row <= end - start; row += 1) {
    const current = [row]
    let least = row
    for (let column = 1; column <= columns; column += 1) {
      const here = one[start + row - 1]
      const there = other[start + column - 1]
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (here === there ? 0 : 1),
      )
      const isSwapped =
        row > 1 && column > 1 && here === other[start + column - 2] && one[start + row - 2] === there
      if (isSwapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      current.push(cost)
      least = Math.min(least, cost)
    }
    if (least > most) return most + 1
    beforeLast = last
    last = current
  }
  return Math.min(most + 1, last[columns] ?? 0)
}
