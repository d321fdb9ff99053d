import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { z } from 'zod';
import { ruleBook } from '#reload-checker';

/**
 * One line of the contract and how the origin meets it. Levels: M = MUST, S = SHOULD, L = Low-Latency profile, A = Apple authoring, C = imposed by clients, R = receiver.
 * `clause`: section of rfc8216bis-22, or where else the line comes from. `argued` stands where a test cannot: the reason.
 */
const ConformanceLine = z.strictObject({
  id: z.string().regex(/^[RA]?\d+$/),
  levels: z.array(z.enum(['M', 'S', 'L', 'A', 'C', 'R'])).min(1),
  clause: z.string(),
  asks: z.string(),
  how: z.string(),
  argued: z.string().optional(),
});
type ConformanceLine = z.output<typeof ConformanceLine>;

const linesIn = (file: string): ConformanceLine[] =>
  z.array(ConformanceLine).parse(JSON.parse(readFileSync(`docs/conformance/${file}`, 'utf8')));

const HLS_LINES = linesIn('hls.json');
const RECEIVER_LINES = linesIn('receiver.json');

/** A test that names lines of the contract. */
export interface NamedTest {
  readonly file: string;
  readonly title: string;
  readonly lines: readonly string[];
}

const ROOTS = ['libs', 'services', 'tools', 'e2e'];
const SPEC = /\.(?:spec|integration-spec|e2e-spec|soak-spec)\.ts$/;
/** `17:`, `25, 26 and 29:`, `R4:` at the start of a title in a spec that is about hls.md, or `hls.md 17` anywhere. */
const LEADING = /^((?:R|A)?\d+(?:(?:, | and |–)(?:R|A)?\d+)*):/;
const MENTIONED = /hls\.md ((?:R|A)?\d+(?:(?:, | and |–)(?:R|A)?\d+)*)/g;

/** Every test of the tree whose name carries the number of a line. */
export function namedTests(): NamedTest[] {
  const files = ROOTS.flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => SPEC.test(file) && !file.includes('node_modules'))
      .map((file) => `${root}/${file}`),
  );
  return files.toSorted().flatMap(testsOf);
}

function testsOf(file: string): NamedTest[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: NamedTest[] = [];
  const walk = (node: ts.Node, isAboutHls: boolean): void => {
    let about = isAboutHls;
    if (ts.isCallExpression(node)) {
      const name = rootName(node.expression);
      const title = titleOf(node);
      if (name === 'describe' && title?.startsWith('hls.md') === true) about = true;
      if (name === 'it' && title !== undefined) {
        const lines = linesNamed(title, about);
        if (lines.length > 0) found.push({ file, title, lines });
      }
    }
    ts.forEachChild(node, (child) => walk(child, about));
  };
  walk(source, false);
  return found;
}

/** `it` of `it(…)`, `it.each(…)(…)` and `it.each<…>(…)(…)`. */
function rootName(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootName(node.expression);
  return undefined;
}

function titleOf(call: ts.CallExpression): string | undefined {
  const [first] = call.arguments;
  return first !== undefined && ts.isStringLiteralLike(first) ? first.text : undefined;
}

/** The numbers in a title; `17–19` is all three. */
export function linesNamed(title: string, isAboutHls: boolean): string[] {
  const texts = [...title.matchAll(MENTIONED)].map(([, numbers]) => numbers ?? '');
  const leading = isAboutHls ? LEADING.exec(title)?.[1] : undefined;
  if (leading !== undefined) texts.push(leading);
  return [...new Set(texts.flatMap(numbersIn))];
}

function numbersIn(text: string): string[] {
  return text.split(/, | and /).flatMap((item) => {
    const [from = '', to] = item.split('–');
    if (to === undefined) return [from];
    const [, prefix = '', first] = /^([RA]?)(\d+)$/.exec(from) ?? [];
    const count = Number(to.replace(/^[RA]/, '')) - Number(first) + 1;
    return Array.from({ length: count }, (_, index) => `${prefix}${Number(first) + index}`);
  });
}

/** Lines that have neither a test nor an argument. */
export function openLines(tests: readonly NamedTest[]): string[] {
  return [...HLS_LINES, ...RECEIVER_LINES]
    .filter(({ id, argued }) => argued === undefined && !tests.some((test) => test.lines.includes(id)))
    .map(({ id }) => id);
}

/** docs/conformance.md: each line of the contract, how it is met, and the tests that show it. */
export function conformancePage(): string {
  const tests = namedTests();
  return [
    '# Conformance',
    '',
    'HLS and Low-Latency HLS (draft-pantos-hls-rfc8216bis-22) and the duties of a CMAF receiver (DASH-IF Live Media Ingest 1.2), line by line: how the origin meets each, and the tests that show it.',
    'Generated (`npm run docs`) from [the tables](conformance) and the names of the tests; a test fails when this page drifts, or when a line has neither a test nor an argument.',
    '',
    'M MUST · S SHOULD · L Low-Latency profile (appendix B.1) · A Apple authoring · C imposed by clients · R receiver. `npx headwater lint <url>` checks the lines that can be seen from outside, on any origin: _lint_ names its rules, each of which is proven to fail on an origin that breaks it and is run against a real stream in `e2e/reload-checker.e2e-spec.ts`.',
    '',
    '## HLS and Low-Latency HLS',
    '',
    ...table(HLS_LINES, tests),
    '',
    '## CMAF receiver',
    '',
    ...table(RECEIVER_LINES, tests),
    '',
  ].join('\n');
}

function table(lines: readonly ConformanceLine[], tests: readonly NamedTest[]): string[] {
  const rows = lines.map((one) => {
    const shown = tests.filter((test) => test.lines.includes(one.id)).map(linkOf);
    const rules = ruleBook.filter(({ id }) => id.split('-', 1)[0] === one.id).map(({ id }) => `\`${id}\``);
    if (rules.length > 0) shown.push(`_lint:_ ${rules.join(', ')}`);
    const how = one.argued === undefined ? one.how : `${one.how}. *Argued:* ${one.argued}`;
    return `| ${one.id} | ${one.levels.join(' ')} | ${one.clause} | ${cell(one.asks)} | ${cell(how)} | ${shown.join('<br>')} |`;
  });
  return ['| line | level | clause | asks | how | tests |', '|---|---|---|---|---|---|', ...rows];
}

const linkOf = ({ file, title }: NamedTest): string => `[${cell(title)}](../${file})`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
