import assert from 'node:assert/strict';
import { generateRules } from '../../../scripts/generate-rules.ts';
import { ALL_ROLES, permissionsOf } from '../../../src/authz/roles.ts';

const rules = (uses: string, between = '') =>
  `  function a() {}\n  // gatehouse:roles begin (a note)\n${between}  // gatehouse:roles end\n\n  ${uses}\n`;

describe('generateRules', () => {
  it('replaces only the text between the markers', () => {
    const generated = generateRules(rules('allow get: if true;', '  outdated\n'));
    assert.match(
      generated,
      /^ {2}function a\(\) \{\}\n {2}\/\/ gatehouse:roles begin \(a note\)\n {2}function holdsOneOf/,
    );
    assert.match(generated, /\n {2}\/\/ gatehouse:roles end\n\n {2}allow get: if true;\n$/);
    assert.doesNotMatch(generated, /outdated/);
    assert.equal(generateRules(generated), generated);
  });

  it('writes a line for each role', () => {
    const generated = generateRules(rules(''));
    for (const role of ALL_ROLES)
      assert.ok(generated.includes(`'${role}' in roles && isActive('${role}')`), role);
  });

  it('writes a function for each permission that the rules use, with its roles', () => {
    const generated = generateRules(rules('allow get: if canReadAudit() && canReadAudit();'));
    const holders = ALL_ROLES.filter((role) => permissionsOf([role]).includes('audit:read'));
    const list = holders.map((role) => `'${role}'`).join(', ');
    assert.ok(
      generated.includes(`  function canReadAudit() {\n    return holdsOneOf([${list}]);\n  }\n`),
      generated,
    );
    assert.doesNotMatch(generated, /canReadNotes/);
  });

  it('refuses a function without a permission', () => {
    assert.throws(() => generateRules(rules('allow get: if canReadAudits();')), /canReadAudits\(\)/);
  });

  it('refuses rules without markers, or with markers in the wrong order', () => {
    for (const text of ['', '// gatehouse:roles begin', '// gatehouse:roles end\n// gatehouse:roles begin']) {
      assert.throws(() => generateRules(text), /no lines "\/\/ gatehouse:roles begin"/);
    }
  });
});
