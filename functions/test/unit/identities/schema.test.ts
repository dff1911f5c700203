import assert from 'node:assert/strict';
import { createUser } from '../../../src/identities/operations.ts';
import { document } from '../../helpers/documented.ts';

const EMAIL = { email: 'ann@example.com' };
const IDENTITY = { issuer: 'https://login.example.com', subject: 'u1' };
const FURTHER = { displayName: 'Ann', grants: [{ role: 'support' }], invite: true, auditReason: 'ticket 7' };

const CASES: readonly (readonly [what: string, body: object, isAccepted: boolean])[] = [
  ['an address', EMAIL, true],
  ['an address with every further field', { ...EMAIL, ...FURTHER }, true],
  ['an identity', IDENTITY, true],
  ['nothing', {}, false],
  ['an issuer without a subject', { issuer: IDENTITY.issuer }, false],
  ['a subject without an issuer', { subject: 'u1' }, false],
  ['an address and an identity', { ...EMAIL, ...IDENTITY }, false],
  ['an identity with a name', { ...IDENTITY, displayName: 'Ann' }, false],
  ['a name only', { displayName: 'Ann' }, false],
  ['an unknown field', { ...EMAIL, disabled: true }, false],
  ['the role owner', { ...EMAIL, grants: [{ role: 'owner' }] }, false],
];

describe('the body of POST /v1/users', () => {
  for (const [what, body, isAccepted] of CASES) {
    it(`${isAccepted ? 'takes' : 'refuses'} ${what}, in OpenAPI as in the input`, () => {
      assert.equal(createUser.input.safeParse(body).success, isAccepted);
      assert.equal(createUser.body?.safeParse(body).success, isAccepted);
    });
  }

  it('is a union in OpenAPI, so that generated clients have a type for each alternative', () => {
    const { NewUser, NewFirebaseUser, NewExternalUser } = document.components.schemas;
    const names = ['NewFirebaseUser', 'NewExternalUser'];
    assert.partialDeepStrictEqual(NewUser, {
      anyOf: names.map((name) => ({ $ref: `#/components/schemas/${name}` })),
    });
    assert.partialDeepStrictEqual(NewFirebaseUser, { required: ['email'] });
    assert.partialDeepStrictEqual(NewExternalUser, { required: ['issuer', 'subject'] });
  });
});
