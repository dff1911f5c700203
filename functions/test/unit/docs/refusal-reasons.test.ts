import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codesIn, REPOSITORY, readPage } from '../../helpers/docs.ts';

const PAGE = 'docs/reference/refusal-reasons.md';

/** What gives a reason to the log, each with the text in quotes or backticks. */
const GIVEN = [
  /\b(?:invalidToken|tokenStale|refused)\(\s*(['`])(.+?)\1/g,
  /\breason: (['`])([a-z-]+)\1/g,
  /\brefusal: (['`])([a-z-]+)\1/g,
  /\b(?:return|\?|:) (['`])((?:an? |no |of |wrong |bound |identity-)[^'`]+)\1/g,
];
const SOURCES = [
  'functions/src/authn/**/*.ts',
  'functions/src/authz/decide.ts',
  'functions/src/platform/app-check.ts',
  'functions/src/token-exchange/subject-token.ts',
  'functions/src/token-exchange/exchange-token.ts',
  'aws/src/*.ts',
];
/** What a source writes for the part or claim that the page shows by an example. */
const EXAMPLES: readonly (readonly [RegExp, string])[] = [
  [/\$\{name\}/, 'header'],
  [/\$\{claim\}|\$\{wrong\[0\]\}/, 'claim'],
];

function reasonsOf(text: string): string[] {
  return GIVEN.flatMap((pattern) => [...text.matchAll(pattern)].map(([, , reason = '']) => reason)).map(
    (reason) => EXAMPLES.reduce((known, [pattern, example]) => known.replace(pattern, example), reason),
  );
}

describe('docs/reference/refusal-reasons.md', () => {
  const documented = [...readPage(PAGE).matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell]) => codesIn(cell));
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: REPOSITORY }));
  const given = new Set(files.flatMap((file) => reasonsOf(readFileSync(join(REPOSITORY, file), 'utf8'))));

  it('has every reason of the code', () => {
    assert.ok(given.size > 30, [...given].join());
    assert.deepEqual(
      [...given].filter((reason) => !documented.includes(reason)),
      [],
    );
  });

  it('has each reason once', () => {
    assert.equal(new Set(documented).size, documented.length);
  });
});
