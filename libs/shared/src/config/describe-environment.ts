import { z } from 'zod';

/** One row of docs/configuration.md. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly required: boolean;
  readonly defaultValue: string;
  readonly description: string;
}

const textOf = (value: unknown): string => {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** The variables of a schema, for the generated documentation. */
export function describeEnvironment(schema: z.ZodObject): EnvironmentVariable[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const required = new Set(json.required ?? []);
  return Object.entries(json.properties ?? {}).map(([name, property]) => {
    const facts = typeof property === 'object' ? property : {};
    return {
      name,
      required: required.has(name) && facts.default === undefined,
      defaultValue: textOf(facts.default),
      description: facts.description ?? '',
    };
  });
}
