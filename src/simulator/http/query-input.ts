import { AwsError } from '../kernel.js';

interface Node {
  value?: string;
  children: Map<string, Node>;
}

/** Reads `Filter.1.Name=x&Filter.1.Value.1=y` into `{ Filter: [{ Name: 'x', Value: ['y'] }] }`; every leaf is text. */
export function parseQueryInput(body: string): Record<string, unknown> {
  const root: Node = { children: new Map() };
  for (const [name, value] of new URLSearchParams(body)) put(root, name.split('.'), value);
  const input = Object.fromEntries([...root.children].map(([name, node]) => [name, toValue(node)]));
  return input;
}

function put(root: Node, path: readonly string[], value: string): void {
  let node = root;
  for (const part of path) {
    if (part === '') throw new AwsError('MalformedQueryString', 'The query string contains a syntax error');
    const child = node.children.get(part) ?? { children: new Map<string, Node>() };
    node.children.set(part, child);
    node = child;
  }
  node.value = value;
}

function toValue(node: Node): unknown {
  if (node.children.size === 0) return node.value ?? '';
  const entries = [...node.children];
  if (entries.every(([name]) => /^\d+$/.test(name))) {
    return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, child]) => toValue(child));
  }
  return Object.fromEntries(entries.map(([name, child]) => [name, toValue(child)]));
}
