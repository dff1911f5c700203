import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { RulesSyntaxError } from '../../cli/rules/syntax-tree.ts';
import { describeWithNotes } from '../helpers/notes.ts';
import { type Fields, loadRules, type RulesRequest } from './evaluate-rules.ts';

const source = readFileSync(new URL('../../../firestore.rules', import.meta.url), 'utf8');
const NOW = new Date('2026-03-01T12:00:00Z');

/** A request to get Ann's note. */
function reading(uid: string, claims: Fields = { roles: ['member'], rv: 1 }): RulesRequest {
  const auth = { uid, token: claims };
  return { operation: 'get', path: 'notes/n1', auth, time: NOW, before: { owner: 'ann' } };
}

/** The rules with one piece of text replaced; fails when the text is not there, so that no mutation is a no-op. */
function broken(text: string, replacement: string): string {
  assert.ok(source.includes(text), `firestore.rules has no ${text}`);
  return source.replace(text, replacement);
}

describeWithNotes('the evaluator of firestore.rules in these tests', () => {
  const mistakes: readonly [string, string, string][] = [
    ['a missing semicolon', 'if false;', 'if false'],
    ['an operator that does not exist', ' && request.auth.uid', ' &&& request.auth.uid'],
    ['a missing operator', 'signedIn() && request', 'signedIn() request'],
    ['an open parenthesis', '.get(name, fallback)', '.get(name, fallback'],
    ['an open string', "'updated'])", "'updated])"],
    ['an operation that does not exist', 'allow update', 'allow edit'],
    ['a misspelt keyword', 'allow update', 'alow update'],
    ['an allow without a condition', 'allow read, write: if false;', 'allow read, write;'],
    ['a type that does not exist', 'is list', 'is array'],
    ['a chain of comparisons', '> 0', '> 0 > 0'],
    ['version 1', "rules_version = '2'", "rules_version = '1'"],
    ['a call of a function that does not exist', 'if canReadNotes()', 'if canReadNote()'],
    ['a call with too many arguments', 'if canReadNotes()', "if canReadNotes('all')"],
    ['a method that does not exist', '.hasOnly(', '.hasSome('],
    ['a name that does not exist', 'owns(resource.data.owner)', 'owns(document.data.owner)'],
  ];
  for (const [what, text, replacement] of mistakes) {
    it(`rejects ${what}`, () => assert.throws(() => loadRules(broken(text, replacement)), RulesSyntaxError));
  }

  it('rejects a truncated file, and text after the end', () => {
    assert.throws(() => loadRules(source.trimEnd().slice(0, -1)), RulesSyntaxError);
    assert.throws(() => loadRules(`${source}}`), RulesSyntaxError);
  });

  it('finds a hole: one match that allows is enough, even if another denies', () => {
    const allows = loadRules(
      broken('// Only the server reads and writes these.', 'match /{any=**} { allow get: if signedIn(); }'),
    );
    assert.equal(allows({ ...reading('ann'), path: 'directory/bob' }), true);
    assert.equal(allows({ ...reading('ann'), path: 'directory/bob', auth: null }), false);
  });

  it('applies an error only to the allow in which it happens', () => {
    const allows = loadRules(broken('allow update', 'allow get: if resource.data.none == 1;\n allow update'));
    assert.equal(allows(reading('ann')), true);
    assert.equal(allows(reading('bob')), false);
  });

  it('fails on an error beside ||, so that no rule depends on its result', () => {
    const allows = loadRules(broken("&& claim('rx', {}) is map", ''));
    assert.throws(() => allows(reading('ann', { roles: ['member'], rv: 1, rx: [] })), RulesSyntaxError);
  });

  it('knows only the constraints of a query, not other fields or ids', () => {
    const list = (rules: string) =>
      loadRules(rules)({
        ...reading('ann'),
        operation: 'list',
        path: 'notes',
        query: { where: { owner: 'ann' }, limit: 10 },
      });
    assert.equal(list(source), true);
    assert.equal(
      list(broken('&& asksForOnePage()', "&& asksForOnePage() && resource.data.title == 'x'")),
      false,
    );
    assert.equal(list(broken('&& asksForOnePage()', "&& asksForOnePage() && id.matches('.*')")), false);
  });

  it('gives * precedence over <, < over && and && over ||', () => {
    const allows = (condition: string) =>
      loadRules(broken('allow update', `allow get: if ${condition};\n allow update`))(reading('bob'));
    assert.equal(allows('5 < 2 * 3 && 1 in [1] || false'), true);
    assert.equal(allows('true || true && false'), true);
    assert.equal(allows('(true || true) && false'), false);
  });
});
