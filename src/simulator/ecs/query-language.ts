import { QuerySyntaxError, tokenize, type Token } from './query-tokens.js';

/** What an expression can ask of a container instance. */
export interface QuerySubject {
  agentConnected: boolean;
  agentVersion: string;
  ec2InstanceId: string;
  /** Virtual milliseconds since the epoch. */
  registeredAt: number;
  runningTasksCount: number;
  /** Value of an attribute; null: it is there without a value; undefined: it is not there. */
  attribute(name: string): string | null | undefined;
  /** Groups of the tasks on it. */
  taskGroups(): Iterable<string>;
}

export type Query = (subject: QuerySubject) => boolean;

export { QuerySyntaxError } from './query-tokens.js';

type Operator = '==' | '!=' | '>' | '>=' | '<' | '<=' | 'exists' | '!exists' | 'in' | '!in' | '=~' | '!~';

const operators: Record<string, Operator> = {
  '==': '==',
  equals: '==',
  '!=': '!=',
  not_equals: '!=',
  '>': '>',
  greater_than: '>',
  '>=': '>=',
  greater_than_equal: '>=',
  '<': '<',
  less_than: '<',
  '<=': '<=',
  less_than_equal: '<=',
  exists: 'exists',
  '!exists': '!exists',
  not_exists: '!exists',
  in: 'in',
  '!in': '!in',
  not_in: '!in',
  '=~': '=~',
  matches: '=~',
  '!~': '!~',
  not_matches: '!~',
};

const equality: readonly Operator[] = ['==', '!='];
const order: readonly Operator[] = ['>', '>=', '<', '<='];
const membership: readonly Operator[] = ['in', '!in', '=~', '!~'];
const every: readonly Operator[] = [...equality, ...order, ...membership, 'exists', '!exists'];

/** A subject: which operators it takes, how two of its values compare, and the values an instance has of it. */
interface Field {
  operators: readonly Operator[];
  compare(a: string, b: string): number;
  values(subject: QuerySubject): (string | null)[];
  /** Refuses an argument that is no value of this subject. */
  check?(argument: string): boolean;
}

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
const compareNumbers = (a: string, b: string): number => Number(a) - Number(b);
const compareVersions = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
const toInstant = (text: string): number =>
  Date.parse(/Z|[+-]\d\d:?\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`);
const isDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?$/.test(text) && !Number.isNaN(toInstant(text));

const fields: Record<string, Field> = {
  agentConnected: {
    operators: [...equality, ...membership],
    compare: compareText,
    values: (subject) => [String(subject.agentConnected)],
    check: (argument) => argument === 'true' || argument === 'false',
  },
  agentVersion: {
    operators: [...equality, ...order],
    compare: compareVersions,
    values: (subject) => [subject.agentVersion],
  },
  ec2InstanceId: {
    operators: [...equality, ...membership],
    compare: compareText,
    values: (subject) => [subject.ec2InstanceId],
  },
  registeredAt: {
    operators: [...equality, ...order],
    compare: (a, b) => toInstant(a) - toInstant(b),
    values: (subject) => [new Date(subject.registeredAt).toISOString()],
    check: isDate,
  },
  runningTasksCount: {
    operators: [...equality, ...order],
    compare: compareNumbers,
    values: (subject) => [String(subject.runningTasksCount)],
    check: (argument) => /^\d+$/.test(argument),
  },
  'task:group': {
    operators: every,
    compare: compareText,
    values: (subject) => [...subject.taskGroups()],
  },
};

/** Reads an expression of the cluster query language (ECS developer guide); throws {@link QuerySyntaxError}. */
export function parseQuery(expression: string): Query {
  const parser = new Parser(tokenize(expression));
  return parser.parse();
}

class Parser {
  #position = 0;

  constructor(readonly tokens: readonly Token[]) {}

  parse(): Query {
    const query = this.#anyOf();
    if (this.#position < this.tokens.length) throw new QuerySyntaxError(`unexpected '${this.#peekText()}'`);
    return query;
  }

  #anyOf(): Query {
    const parts = [this.#allOf()];
    while (this.#accept('||', 'or')) parts.push(this.#allOf());
    return (subject) => parts.some((part) => part(subject));
  }

  #allOf(): Query {
    const parts = [this.#negation()];
    while (this.#accept('&&', 'and')) parts.push(this.#negation());
    return (subject) => parts.every((part) => part(subject));
  }

  #negation(): Query {
    if (this.#accept('!', 'not')) {
      const negated = this.#negation();
      return (subject) => !negated(subject);
    }
    if (this.#accept('(')) {
      const inner = this.#anyOf();
      if (!this.#accept(')')) throw new QuerySyntaxError("')' expected");
      return inner;
    }
    return this.#comparison();
  }

  #comparison(): Query {
    const name = this.#word('a subject');
    const field = fieldOf(name);
    const operator = this.#operator();
    if (!field.operators.includes(operator)) throw new QuerySyntaxError(`${name} does not take ${operator}`);
    const values = (subject: QuerySubject): (string | null)[] => field.values(subject);
    if (operator === 'exists') return (subject) => values(subject).length > 0;
    if (operator === '!exists') return (subject) => values(subject).length === 0;
    const test = this.#test(field, operator);
    const isNegative = operator.startsWith('!');
    // A subject without the attribute is not equal to anything, so it passes every negative test.
    return isNegative
      ? (subject) => !values(subject).some((value) => value !== null && test(value))
      : (subject) => values(subject).some((value) => value !== null && test(value));
  }

  /** The positive test of an operator and its argument: `!=` gives that of `==`. */
  #test(field: Field, operator: Exclude<Operator, 'exists' | '!exists'>): (value: string) => boolean {
    if (operator === 'in' || operator === '!in') {
      const list = this.#list(field);
      return (value) => list.some((argument) => field.compare(value, argument) === 0);
    }
    const argument = this.#argument(field, operator === '=~' || operator === '!~');
    switch (operator) {
      case '==':
      case '!=':
        return (value) => field.compare(value, argument) === 0;
      case '>':
        return (value) => field.compare(value, argument) > 0;
      case '>=':
        return (value) => field.compare(value, argument) >= 0;
      case '<':
        return (value) => field.compare(value, argument) < 0;
      case '<=':
        return (value) => field.compare(value, argument) <= 0;
      case '=~':
      case '!~': {
        const pattern = toPattern(argument);
        return (value) => pattern.test(value);
      }
    }
  }

  #operator(): Operator {
    const token = this.#next('an operator');
    const operator = token.kind === 'word' && token.quoted ? undefined : operators[token.text];
    if (!operator) throw new QuerySyntaxError(`'${token.text}' is no operator`);
    return operator;
  }

  #argument(field: Field, isPattern: boolean): string {
    const argument = this.#word('an argument');
    if (!isPattern && field.check && !field.check(argument))
      throw new QuerySyntaxError(`'${argument}' is no value for it`);
    return argument;
  }

  #list(field: Field): string[] {
    if (!this.#accept('[')) throw new QuerySyntaxError("'[' expected");
    const list = [this.#argument(field, false)];
    while (this.#accept(',')) list.push(this.#argument(field, false));
    if (!this.#accept(']')) throw new QuerySyntaxError("']' expected");
    return list;
  }

  #word(what: string): string {
    const token = this.#next(what);
    if (token.kind !== 'word') throw new QuerySyntaxError(`${what} expected, not '${token.text}'`);
    return token.text;
  }

  #next(what: string): Token {
    const token = this.tokens[this.#position++];
    if (!token) throw new QuerySyntaxError(`${what} expected at the end`);
    return token;
  }

  #accept(...texts: string[]): boolean {
    const token = this.tokens[this.#position];
    if (!token || (token.kind === 'word' && token.quoted) || !texts.includes(token.text)) return false;
    this.#position++;
    return true;
  }

  #peekText(): string {
    return this.tokens[this.#position]?.text ?? '';
  }
}

function fieldOf(name: string): Field {
  const [, attribute] = /^attribute:(.+)$/.exec(name) ?? [];
  if (attribute) {
    return {
      operators: every,
      compare: compareText,
      values(subject) {
        const value = subject.attribute(attribute);
        return value === undefined ? [] : [value];
      },
    };
  }
  const field = fields[name];
  if (!field) throw new QuerySyntaxError(`'${name}' is no subject`);
  return field;
}

function toPattern(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    throw new QuerySyntaxError(`'${text}' is no pattern`);
  }
}
