import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { checkRules, SERVER_COLLECTIONS } from '../../../cli/rules/check-rules.ts';
import { loadRules } from '../../rules/evaluate-rules.ts';

const OWN_RULES = new URL('../../../../firestore.rules', import.meta.url);

/** The rules of an app, with these statements in the block of all documents. */
const rules = (statements: string, version = '2') => `rules_version = '${version}';
service cloud.firestore {
  match /databases/{database}/documents {
    function signedIn() { return request.auth != null; }
    function ours(name) { return name in ['directory', 'system', 'accessChanges', 'auditEvents', 'sessions', 'rateLimits', 'stepUps', 'factors', 'recoveryCodes', 'factorAttempts', 'passkeys', 'webauthnChallenges']; }
    ${statements}
  }
}`;

/** Collection and certainty of each exposure, or the verdict. */
function verdict(source: string, database = '(default)') {
  const found = checkRules(source, database);
  return found.kind === 'exposed'
    ? found.exposures.map(({ collection, when }) => `${collection} ${when}`)
    : found.kind;
}

const all = (when: string) => SERVER_COLLECTIONS.map((name) => `${name} ${when}`);

describe('gatehouse: which rules expose our collections', () => {
  it('finds firestore.rules of this repository closed', () => {
    assert.equal(verdict(readFileSync(OWN_RULES, 'utf8')), 'closed');
  });

  const exposed: readonly [string, string, string[]][] = [
    ['a catch-all for users', 'match /{document=**} { allow read: if signedIn(); }', all('possibly')],
    ['a catch-all for everyone', 'match /{document=**} { allow read, write: if true; }', all('always')],
    ['an allow without a condition', 'match /{document=**} { allow write; }', all('always')],
    ['rules of version 1', 'match /{document=**} { allow read: if true; }', all('always')],
    ['one level', 'match /{collection}/{id} { allow read: if true; }', all('always')],
    ['two levels in nested blocks', 'match /{a} { match /{b} { allow read: if true; } }', all('always')],
    ['a level and the rest', 'match /{a}/{rest=**} { allow get: if signedIn(); }', all('possibly')],
    ['the rest and a level', 'match /{rest=**}/{id} { allow get: if true; }', all('always')],
    [
      'a group of collections with our name',
      'match /{path=**}/auditEvents/{id} { allow list: if true; }',
      ['auditEvents always'],
    ],
    ['one document', 'match /system/owners { allow get: if true; }', ['system possibly']],
    [
      'a date that has passed',
      'match /{document=**} { allow read, write: if request.time < timestamp.date(2026, 1, 1); }',
      all('possibly'),
    ],
    [
      'a role in a document',
      'match /{d=**} { allow write: if get(/databases/$(database)/documents/users/$(request.auth.uid)).data.admin; }',
      all('possibly'),
    ],
    [
      'a list that forgets one',
      "match /{c}/{d=**} { allow read: if signedIn() && !(c in ['directory', 'system', 'auditEvents', 'sessions', 'rateLimits', 'stepUps', 'factors', 'recoveryCodes', 'factorAttempts', 'passkeys', 'webauthnChallenges']); }",
      ['accessChanges possibly'],
    ],
    [
      'an exception in one block and a catch-all in another',
      'match /directory/{d=**} { allow read: if false; } match /{d=**} { allow read: if signedIn(); }',
      all('possibly'),
    ],
    [
      'a name written with an escape',
      "match /{c}/{d=**} { allow read: if c == '\\u0064irectory'; }",
      all('possibly'),
    ],
    ['a condition on the path', "match /{d=**} { allow read: if d[0] != 'directory'; }", all('possibly')],
    ['a pattern', "match /{c}/{d} { allow read: if !c.matches('directory|system'); }", all('possibly')],
    [
      'numbers that JavaScript cannot tell apart',
      'match /{d=**} { allow read: if 9007199254740993 != 9007199254740992; }',
      all('possibly'),
    ],
    ['a number that may be octal', 'match /{d=**} { allow read: if 010 == 8; }', all('possibly')],
    [
      'a function with the name of a built-in one',
      'function exists(p) { return false; } match /{d=**} { allow read: if exists(/a/b); }',
      all('possibly'),
    ],
    [
      'a wildcard with the name of a built-in variable',
      "match /{request}/{d} { allow read: if request != 'directory'; }",
      all('possibly'),
    ],
    ['a function that does not exist', 'match /{d=**} { allow read: if isAdmin(); }', all('possibly')],
    [
      'one operation of several statements',
      'match /{d=**} { allow read: if false; allow create: if true; }',
      all('always'),
    ],
  ];
  for (const [what, statements, expected] of exposed) {
    it(`finds ${what}`, () => {
      const version = what.includes('version 1') ? '1' : '2';
      assert.deepEqual(verdict(rules(statements, version)), expected);
    });
  }

  const closed: readonly [string, string][] = [
    ['nothing is allowed', ''],
    ['other collections are open', 'match /shops/{id=**} { allow read, write: if true; }'],
    ['a collection has a longer name', 'match /directory-of-shops/{id} { allow read: if true; }'],
    ['only deeper documents are open', 'match /{a}/{b}/{c}/{d} { allow read: if true; }'],
    ['only collections below others are open', 'match /{a}/{b}/directory/{d} { allow read: if true; }'],
    [
      'a catch-all excludes ours by a function',
      'match /{c}/{d=**} { allow read: if signedIn() && !ours(c); }',
    ],
    [
      'a catch-all excludes ours one by one',
      "match /{c}/{d=**} { allow read: if c != 'directory' && c != 'system' && c != 'accessChanges' && c != \"auditEvents\" && c != 'sessions' && c != 'rateLimits' && c != 'stepUps' && c != 'factors' && c != 'recoveryCodes' && c != 'factorAttempts' && c != 'passkeys' && c != 'webauthnChallenges'; }",
    ],
    [
      'a variable excludes ours',
      'match /{c}/{d} { allow write: if free(c); function free(n) { let x = !ours(n); return x && signedIn(); } }',
    ],
    ['a conditional excludes ours', 'match /{c}/{d} { allow write: if ours(c) ? false : signedIn(); }'],
    ['a condition is never true', 'match /{d=**} { allow read: if signedIn() && false; }'],
    ['a string is no boolean', "match /{d=**} { allow read: if 'true'; }"],
  ];
  for (const [when, statements] of closed) {
    it(`finds nothing when ${when}`, () => assert.equal(verdict(rules(statements)), 'closed'));
  }

  it('reads what the rules of apps have', () => {
    const source = `// Model: shops
      rules_version = "2";
      function isUser() { return request.auth != null; }
      service cloud.firestore {
        match /databases/{db}/documents {
          function account() { return get(/databases/$(db)/documents/accounts/$(request.auth.uid)).data; }
          function isStaff(shop) {
            let own = account();
            return isUser() && exists(/databases/(default)/documents/shops/$(shop)/staff/$(request.auth.uid))
              && own.role in ["owner", 'clerk'] && !('closed' in own) || request.auth.token['admin'] == true;
          }
          /* Prices are in cents. */
          function isPrice(data) {
            return data.price is int && data.price % 5 == 0 && -data.price < 0 && data.price / 100 < 1e3
          ; }
          match /shops/{shop} {
            allow read;
            allow create, update: if isStaff(shop) && isPrice(request.resource.data)
              && request.resource.data.keys().hasOnly(['price', "mail"])
              && request.resource.data.mail.matches("^[^@]+@[^@]+\\\\.[a-z]{2,}$")
              && request.time < resource.data.end + duration.value(1, 'd')
              && request.resource.data.diff({'price': 1}).affectedKeys().size() > 0;
            match /{part=**} { allow read, write: if isStaff(shop) ? true : resource.data.tags[0:2] == ['a', 'b']; }
          }
          match /public-data/v1.2/files/{file} { allow get: if true; }
        }
      }`;
    assert.equal(verdict(source.replace('1e3', '1000.5')), 'closed');
    assert.equal(verdict(source), 'undecided');
  });

  it('reads the rules of one database only', () => {
    const source = `service cloud.firestore {
      match /databases/(default)/documents { match /{d=**} { allow read: if true; } }
      match /databases/gatehouse/documents { match /{d=**} { allow read: if false; } }
    }`;
    assert.deepEqual(verdict(source), all('always'));
    assert.equal(verdict(source, 'gatehouse'), 'closed');
  });

  it('names line, statement and operations', () => {
    const found = checkRules(
      rules('match /{d=**} {\n allow read,\n create: if\n signedIn(); }'),
      '(default)',
    );
    assert.deepEqual(found.kind === 'exposed' && found.exposures[0], {
      collection: 'directory',
      operations: ['get', 'list', 'create'],
      line: 7,
      text: 'allow read, create: if signedIn()',
      when: 'possibly',
    });
  });

  it('does not decide about a file that it cannot read', () => {
    for (const source of [
      '',
      'service firebase.storage {}',
      rules('match /{d=**} { allow read: if a @ b; }'),
      // Statements that Google may see, and which a comment hides here.
      rules('// \r match /{d=**} { allow read: if true; }'),
      rules('// \u2028 match /{d=**} { allow read: if true; }'),
      // Names with two values.
      rules("match /{c}/{c} { allow read: if c != 'directory'; }"),
      rules('function f(a, a) { return a; } match /{d=**} { allow read: if f(true, false); }'),
      rules('function f() { let a = true; let a = false; return a; } match /{d=**} { allow read: if f(); }'),
    ]) {
      assert.equal(verdict(source), 'undecided', source);
    }
    assert.match(JSON.stringify(checkRules(rules('match /x { allow read: if; }'), '(default)')), /line 6/);
  });

  it('agrees with an evaluation of random conditions for every kind of caller', () => {
    const atom = fc.constantFrom(
      ...['true', 'false', 'signedIn()', 'ours(c)', "c == 'directory'", "c != 'system'"],
      ...["c in ['auditEvents', d]", "d == 'x'", 'request.auth == null', "request.auth.uid == 'ann'"],
    );
    const { condition } = fc.letrec<{ condition: string }>((tie) => ({
      condition: fc.oneof(
        { depthSize: 'medium' },
        atom,
        tie('condition').map((inner) => `!(${inner})`),
        fc
          .tuple(tie('condition'), fc.constantFrom('&&', '||', '=='), tie('condition'))
          .map(([a, o, b]) => `(${a}) ${o} (${b})`),
      ),
    }));
    const counts = { closed: 0, always: 0, possibly: 0 };
    fc.assert(
      fc.property(condition, (text) => {
        const source = rules(`match /{c}/{d} { allow get: if ${text}; }`);
        const allows = loadRules(source);
        for (const collection of SERVER_COLLECTIONS) {
          const found = checkRules(source, '(default)', [collection]);
          const when = found.kind === 'exposed' ? (found.exposures[0]?.when ?? 'possibly') : 'closed';
          counts[when] += 1;
          for (const uid of [null, 'ann', 'bob']) {
            for (const id of ['x', 'directory', 'y']) {
              const auth = uid === null ? null : { uid, token: {} };
              let allowed: boolean;
              try {
                const path = `${collection}/${id}`;
                allowed = allows({ operation: 'get', path, auth, time: new Date(0) });
              } catch {
                // An error beside ||, which the evaluator of the tests refuses to decide.
                continue;
              }
              if (when === 'closed') assert.equal(allowed, false, text);
              // Without `request.auth`, a condition on its `uid` is an error.
              if (when === 'always' && uid !== null) assert.equal(allowed, true, text);
            }
          }
        }
      }),
      { seed: 13, numRuns: 2_000 },
    );
    assert.ok(Math.min(...Object.values(counts)) > 100, JSON.stringify(counts));
  });
});
