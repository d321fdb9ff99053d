type Placeholder<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;
type Params<T extends string> = Record<Placeholder<T>, string | number>;

/** A NATS subject as a template: the only place where a subject string is spelled. */
export interface Subject<T extends string> {
  readonly template: T;
  /** The subject of these parameters; throws when one is not a single NATS token. */
  format(params: Params<T>): string;
  /** A filter subject: parameters left out become `*`. */
  pattern(params?: Partial<Params<T>>): string;
  /** The parameters of a subject, or undefined when it does not match the template. */
  parse(subject: string): Record<Placeholder<T>, string> | undefined;
}

const TOKEN = /^[A-Za-z0-9_-]+$/;

const tokenOf = (name: string, value: string | number): string => {
  const token = String(value);
  if (!TOKEN.test(token))
    throw new TypeError(`subject parameter ${name}: expected one token [A-Za-z0-9_-]+, got "${token}"`);
  return token;
};

/** Declares a subject; `{name}` marks a parameter that fills one whole token. */
export function defineSubject<const T extends string>(template: T): Subject<T> {
  const parts = template.split('.').map((part) => ({ part, name: /^\{(\w+)\}$/.exec(part)?.[1] }));
  const fill = (pick: (name: string) => string): string =>
    parts.map(({ part, name }) => (name === undefined ? part : pick(name))).join('.');
  return {
    template,
    format: (params) => fill((name) => tokenOf(name, (params as Record<string, string | number>)[name] ?? '')),
    pattern: (params) =>
      fill((name) => {
        const value = (params as Record<string, string | number> | undefined)?.[name];
        return value === undefined ? '*' : tokenOf(name, value);
      }),
    parse: (subject) => {
      const tokens = subject.split('.');
      if (tokens.length !== parts.length) return undefined;
      const found: Record<string, string> = {};
      for (const [index, { part, name }] of parts.entries()) {
        const token = tokens[index] ?? '';
        if (name === undefined ? token !== part : !TOKEN.test(token)) return undefined;
        if (name !== undefined) found[name] = token;
      }
      return found;
    },
  };
}
