import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Words that readers cannot search for. Name the object instead: the user, the caller, the instance, the token. */
const WORDS =
  /\b(wristbands?|theme park|somebody|anybody|nobody|everybody|whose|anew|in that (very )?second|is told|are told)\b/i;

/** Names of an earlier version. */
const NAMES =
  /\b(oweAccount|tellAccount|takeTurn|enterIdentity|enterOnFirstSight|forgetUser|adoptUsers|isOutOfStep|realign|flawIn|inPlainWords|otherSpellings|asOfNow|describeUser|rolesAt|isWhole|grantsInForce|isStandingOwner|evenLastOwner|misplaced|goodUntil|guardTheFramework|tokenGuard|parseToken|readFrom|LambdaGate|carryOut)\b/;

/** Names of an earlier version that are words in prose, too: code must not have them. */
const NAMES_IN_CODE = /\b(admit|Candidate|Admission|Moment|Instant|mend|adopt|Gate|judge|bring)\b/;
const CODE = /\.(ts|mjs)$/;

/** This file lists the words; the others are generated or third-party. */
const EXEMPT = /(^|\/)(package-lock\.json|LICENSE|language\.test\.ts|openapi\.json)$|\.(svg|png|ico)$/;

const MAX_TITLE = 90;

/** First argument of `it`, `describe` and their variants, as written: a template counts with its expressions. */
const TITLE =
  /\b(?:it|describe)(?:\.\w+)?\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g;

const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');

describe('language', () => {
  it('uses words and names that readers can search for', () => {
    const found = tracked
      .filter((path) => !EXEMPT.test(path))
      .flatMap((path) =>
        readFileSync(join(ROOT, path), 'utf8')
          .split('\n')
          .flatMap((line, index) =>
            WORDS.test(line) || NAMES.test(line) || (CODE.test(path) && NAMES_IN_CODE.test(line))
              ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`]
              : [],
          ),
      );
    assert.deepEqual(found.slice(0, 40), []);
  });

  it(`has test titles of at most ${MAX_TITLE} characters`, () => {
    const titles = tracked
      .filter((path) => path.endsWith('.test.ts'))
      .flatMap((path) =>
        [...readFileSync(join(ROOT, path), 'utf8').matchAll(TITLE)].map(([, single, double, template]) => ({
          path,
          title: single ?? double ?? template ?? '',
        })),
      );
    assert.ok(titles.length > 500);
    assert.deepEqual(
      titles.filter(({ title }) => title.length > MAX_TITLE),
      [],
    );
  });
});
