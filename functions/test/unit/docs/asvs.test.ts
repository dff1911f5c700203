import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path/posix';
import { REPOSITORY, readPage } from '../../helpers/docs.ts';

const PAGE = 'docs/security/asvs.md';
const STATUS = ['met', 'partly', 'not met', 'yours', 'not applicable'];

/** How many requirements each section of ASVS 5.0.0 has, and their levels in order. */
const SECTIONS: Record<string, string> = {
  '3.1': '3',
  '3.2': '113',
  '3.3': '12223',
  '3.4': '11222233',
  '3.5': '11122333',
  '3.6': '3',
  '3.7': '22333',
  '6.1': '122',
  '6.2': '111111112222',
  '6.3': '11223333',
  '6.4': '112233',
  '6.5': '22222333',
  '6.6': '2223',
  '6.7': '33',
  '6.8': '2222',
  '7.1': '222',
  '7.2': '1111',
  '7.3': '22',
  '7.4': '11222',
  '7.5': '223',
  '7.6': '22',
  '8.1': '1233',
  '8.2': '1123',
  '8.3': '133',
  '8.4': '23',
};
const REQUIREMENTS = Object.entries(SECTIONS).flatMap(([section, levels]) =>
  [...levels].map((level, index) => `${section}.${index + 1} level ${level}`),
);

const TITLE = /\b(?:it|itWithNotes|describe)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs;

/** The titles of the tests in a file, as written. */
function titlesOf(path: string): string[] {
  const file = join(REPOSITORY, path);
  if (!existsSync(file)) return [];
  return [...readFileSync(file, 'utf8').matchAll(TITLE)].map(([, , title = '']) => title);
}

describe('docs/security/asvs.md', () => {
  const rows = [...readPage(PAGE).matchAll(/^\| \*\*([\d.]+)\*\* (.+)\|$/gm)].map(
    ([, id = '', rest = '']) => {
      const [requirement = '', level = '', status = '', where = '', tests = ''] = rest
        .split(' | ')
        .map((cell) => cell.trim());
      return { id, requirement, level, status, where, tests };
    },
  );

  it('has a row for each requirement of V3, V6, V7 and V8, in order', () => {
    assert.deepEqual(
      rows.map(({ id, level }) => `${id} level ${level}`),
      REQUIREMENTS,
    );
  });

  it('has a status and a reason in each row', () => {
    for (const { id, status, requirement, where } of rows) {
      assert.ok(STATUS.includes(status), `${id}: ${status}`);
      assert.ok(requirement.length > 8 && where.length > 4, id);
    }
  });

  it('names tests that exist', () => {
    const named = rows.flatMap(({ id, tests }) =>
      [...tests.matchAll(/\[(.+?)\]\((\S+?)\)/g)].map(([, title = '', path = '']) => ({ id, title, path })),
    );
    assert.ok(named.length > 30);
    const missing = named.filter(
      ({ title, path }) =>
        !titlesOf(normalize(join(PAGE, '..', path))).some((known) => known.includes(title)),
    );
    assert.deepEqual(missing, []);
  });

  it('names a test for each requirement that is met, except for documentation', () => {
    // Of the page's own sources, which a reader can look at.
    const READ = ['3.2.3', '3.7.1'];
    const isDocumentation = (id: string) => /^\d\.1\./.test(id);
    const without = rows.filter(
      ({ id, status, tests }) => status === 'met' && tests === '' && !isDocumentation(id),
    );
    assert.deepEqual(
      without.map(({ id }) => id),
      READ,
    );
  });
});
