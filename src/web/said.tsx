/** What hosts, AWS or operators said: escaped as every text is, and whatever its direction, the words around it keep theirs. */
export function Said({ text }: { text: string }) {
  return <bdi>{text}</bdi>;
}
