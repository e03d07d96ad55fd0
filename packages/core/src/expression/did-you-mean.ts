/** ``did you mean `temperature`?`` for a name that is close to one of the candidates; undefined where none is. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length < 2) return undefined
  let best: string | undefined
  let bestDistance = Math.ceil(name.length * 0.4) + 1
  const lower = name.toLowerCase()
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const distance = editDistance(lower, candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best === undefined ? undefined : `did you mean \`${best}\`?`
}

function editDistance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    before = row
  }
  return before[b.length]
}
