import assert from 'node:assert/strict';
import { ALL_ROLES } from '../../src/authz/roles.ts';
import { loadConfig } from '../../src/config.ts';
import { defineConfig } from '../../src/core/gatehouse-config.ts';
import { type ProductConfig, readProduct } from '../../src/product-config.ts';
import { type ProductFields, productOf } from '../helpers/product.ts';

const PRODUCTION = { GCLOUD_PROJECT: 'shop', K_CONFIGURATION: 'api' };
const EMULATOR = { GCLOUD_PROJECT: 'demo-shop', FUNCTIONS_EMULATOR: 'true' };
const load = (fields: ProductFields, env: Record<string, string> = PRODUCTION) =>
  loadConfig(env, productOf(fields));
const invalid = (...problems: string[]) => ({
  message: problems.map((problem) => `Invalid configuration: ${problem}`).join('\n'),
});

const COGNITO = {
  ...{ type: 'cognito', region: 'eu-west-1', userPoolId: 'eu-west-1_AbC123' },
  ...{ clientIds: ['web'], tokenUse: 'access' },
};
const OIDC = { type: 'oidc', issuer: 'https://login.example.com', audience: 'api' };
const LOCAL = { ...OIDC, issuer: 'http://127.0.0.1:9000' };

describe('gatehouse.config.ts: trusted issuers', () => {
  it('become frozen profiles', () => {
    const { trustedIssuers } = load({ trustedIssuers: [COGNITO, OIDC] });
    assert.deepEqual(
      trustedIssuers.map(({ type }) => type),
      ['cognito', 'oidc'],
    );
    assert.ok(Object.isFrozen(trustedIssuers));
  });

  it('can differ by project and in the emulator', () => {
    const product: ProductConfig = {
      ...productOf(),
      trustedIssuers: ({ projectId, emulator }) => (emulator ? [LOCAL] : projectId === 'shop' ? [OIDC] : []),
    };
    const issuersOf = (env: Record<string, string>) =>
      loadConfig(env, product).trustedIssuers.map(({ issuer }) => issuer);
    assert.deepEqual(issuersOf(PRODUCTION), [OIDC.issuer]);
    assert.deepEqual(issuersOf({ ...PRODUCTION, GCLOUD_PROJECT: 'staging' }), []);
    assert.deepEqual(issuersOf(EMULATOR), [LOCAL.issuer]);
  });

  it('may be on this machine only in the emulator', () => {
    const local = { trustedIssuers: [LOCAL] };
    assert.equal(load(local, EMULATOR).trustedIssuers[0]?.issuer, 'http://127.0.0.1:9000');
    assert.throws(() => load(local), invalid('trustedIssuers[0].issuer: only in the emulator'));
    assert.throws(() => load(local, { ...EMULATOR, K_CONFIGURATION: 'api' }), /refuses to start/);
  });

  const wrong: Record<string, readonly [issuers: readonly unknown[], problem: string]> = {
    'another region': [[{ ...COGNITO, region: 'eu-west-2' }], '[0].userPoolId: is of another region'],
    'no region': [[{ ...COGNITO, region: 'Ireland' }], '[0].region: is not a region like eu-west-1'],
    'no client': [[{ ...COGNITO, clientIds: [] }], '[0].clientIds: is empty'],
    'a URL without a host': [
      [{ ...OIDC, issuer: 'login' }],
      '[0].issuer: is not a URL like https://login.example.com/',
    ],
    'a privileged permission for a group': [
      [OIDC, { ...COGNITO, map: { groups: { boss: ['roles:assign'] } } }],
      '[1].map.groups.boss[0]: is privileged: give a grant in the directory instead',
    ],
    'two entries for the same tokens': [[OIDC, OIDC], '[1]: accepts the same tokens as [0]'],
    'a typing mistake': [[{ ...OIDC, audiance: 'x' }], '[0]: has an unknown field: audiance'],
    'this project’s own Firebase': [
      [{ type: 'firebase', projectId: 'shop' }],
      '[0].type: this project’s Firebase needs no entry',
    ],
    'this project’s own Firebase as another issuer': [
      [OIDC, { ...OIDC, issuer: 'https://securetoken.google.com/shop' }],
      '[1]: this project’s Firebase needs no entry',
    ],
  };
  for (const [what, [trustedIssuers, problem]] of Object.entries(wrong)) {
    it(`are refused with the path of the field: ${what}`, () => {
      assert.throws(
        () => load({ trustedIssuers }),
        (error: Error) => {
          assert.ok(error.message.startsWith(invalid(`trustedIssuers${problem}`).message), error.message);
          return true;
        },
      );
    });
  }

  it('are refused with a line for each invalid field', () => {
    const trustedIssuers = [
      { ...COGNITO, region: 'x' },
      { ...OIDC, issuer: 'x' },
    ];
    assert.throws(
      () => load({ trustedIssuers }),
      /^Error: Invalid configuration: trustedIssuers\[0\]\.region: .*\nInvalid configuration: trustedIssuers\[1\]\.issuer: /s,
    );
  });

  it('may throw an error of their own', () => {
    const product = {
      ...productOf(),
      trustedIssuers: () => {
        throw new Error('no issuers for this project');
      },
    };
    assert.throws(() => loadConfig(PRODUCTION, product), { message: 'no issuers for this project' });
  });
});

describe('gatehouse.config.ts: default role', () => {
  it('is a role without privileged permissions, or none', () => {
    for (const defaultRole of ['none', 'member', 'support']) {
      assert.equal(load({ defaultRole }).defaultRole, defaultRole);
    }
  });

  for (const defaultRole of ['owner', 'admin']) {
    it(`is refused: ${defaultRole}`, () => {
      const problem = `defaultRole: ${defaultRole} has privileged permissions`;
      assert.throws(() => load({ defaultRole }), invalid(problem));
    });
  }

  for (const defaultRole of ['root', 'Member', '', 'constructor', '__proto__']) {
    it(`is refused: ${JSON.stringify(defaultRole)}`, () => {
      assert.throws(
        () => load({ defaultRole }),
        /^Error: Invalid configuration: defaultRole: has to be one of none, member, /,
      );
    });
  }
});

describe('gatehouse.config.ts: sign-up', () => {
  it('reads domains in lower case', () => {
    const signUp = { emailDomains: ['Acme.COM', 'eu.acme.com'] };
    const { signUpDomains } = load({ signUp });
    assert.deepEqual(signUpDomains, ['acme.com', 'eu.acme.com']);
    assert.ok(Object.isFrozen(signUpDomains));
  });

  const bad = [
    '@acme.com',
    'acme',
    '*.acme.com',
    'https://acme.com',
    'acme.com/',
    'a@acme.com',
    '.com',
    'acme.',
  ];
  for (const domain of [...bad, '']) {
    it(`refuses an invalid domain: ${JSON.stringify(domain)}`, () => {
      const signUp = { emailDomains: ['acme.com', domain] };
      const problem = 'signUp.emailDomains[1]: is not a domain like example.com';
      assert.throws(() => load({ signUp }), invalid(problem));
    });
  }
});

describe('gatehouse.config.ts: sign-in', () => {
  it('allows every sign-in without the field, and no anonymous one without asking for it', () => {
    const open = { providers: null, emailDomains: null, verifiedEmail: false, anonymous: true };
    assert.deepEqual(load({}).signIn, open);
    assert.deepEqual(load({ signIn: {} }).signIn, { ...open, anonymous: false });
  });

  it('reads providers, domains in lower case, and the two switches', () => {
    const providers = ['google.com', 'password', 'passkey', 'custom', 'oidc.acme', 'saml.acme-1'];
    const { signIn } = load({ signIn: { providers, emailDomains: ['Acme.COM'], verifiedEmail: true } });
    const expected = { providers, emailDomains: ['acme.com'], verifiedEmail: true, anonymous: false };
    assert.deepEqual(signIn, expected);
    for (const list of [signIn.providers, signIn.emailDomains]) assert.ok(Object.isFrozen(list));
  });

  const wrong: Record<string, readonly [signIn: unknown, problem: string]> = {
    'a provider without its domain': [{ providers: ['google'] }, '.providers[0]: is not a sign-in provider'],
    'a misspelt provider': [{ providers: ['gogle.com'] }, '.providers[0]: is not a sign-in provider'],
    'anonymous as a provider': [{ providers: ['anonymous'] }, '.providers[0]: is not a sign-in provider'],
    'a name of Object': [{ providers: ['constructor'] }, '.providers[0]: is not a sign-in provider'],
    'no provider': [{ providers: [] }, '.providers: is empty'],
    'no domain': [{ emailDomains: [] }, '.emailDomains: is empty'],
    'a domain with @': [{ emailDomains: ['@acme.com'] }, '.emailDomains[0]: is not a domain'],
    'a word for true': [{ verifiedEmail: 'yes' }, '.verifiedEmail: has to be true or false'],
    'another field': [{ provider: ['google.com'] }, ': has an unknown field: provider'],
    'a list': [['google.com'], ': has to be an object'],
    null: [null, ': has to be an object'],
  };
  for (const [what, [signIn, problem]] of Object.entries(wrong)) {
    it(`is refused with the path of the field: ${what}`, () => {
      assert.throws(
        () => load({ signIn }),
        ({ message }: Error) => message.startsWith(`Invalid configuration: signIn${problem}`),
      );
    });
  }
});

describe('gatehouse.config.ts: permissions and roles', () => {
  const read = (product: Partial<ProductConfig>) =>
    readProduct({ ...productOf(), ...product }, { projectId: 'shop', emulator: false });
  const permissions = { 'notes:read': { summary: 'Read notes', privileged: false } };
  const owner = 'all';

  it("are accepted as lists, `allExcept` and 'all'", () => {
    const roles = { reader: ['notes:read'], 'most-of-it': { allExcept: ['notes:read'] }, owner } as const;
    assert.equal(read({ permissions, roles }).defaultRole, 'member');
    assert.deepEqual(
      defineConfig({ ...productOf(), permissions, roles, defaultRole: 'reader' } as never).roles,
      roles,
    );
  });

  const wrong: Record<string, readonly [Partial<ProductConfig>, problem: string]> = {
    'an unknown permission of a role': [
      { permissions, roles: { reader: ['notes:read', 'notes:raed'], owner } },
      'roles.reader[1]: there is no permission notes:raed',
    ],
    'an unknown permission in an exception': [
      { permissions, roles: { reader: { allExcept: ['constructor'] }, owner } },
      'roles.reader.allExcept[0]: there is no permission constructor',
    ],
    'a role without permissions': [{ permissions, roles: { reader: [], owner } }, 'roles.reader: is empty'],
    'an empty allExcept': [
      { permissions, roles: { reader: { allExcept: [] }, owner } },
      'roles.reader.allExcept: is empty',
    ],
    'a role name that firestore.rules cannot contain': [
      { permissions, roles: { "rea'der": ['notes:read'], owner } },
      "roles.rea'der: is not a name like support-lead",
    ],
    'no owner': [{ permissions, roles: { reader: ['notes:read'] } }, "roles.owner: has to be 'all'"],
    'an owner without all permissions': [
      { permissions, roles: { owner: ['notes:read'] } },
      "roles.owner: has to be 'all'",
    ],
    'a permission without an action': [
      { permissions: { notes: { summary: 'Read notes', privileged: false } }, roles: { owner } },
      'permissions.notes: is not a name like notes:read',
    ],
    'a built-in permission that changes access and is not privileged': [
      { permissions: { 'users:write': { summary: 'Change users', privileged: false } }, roles: { owner } },
      'permissions.users:write.privileged: has to be true',
    ],
    'a permission that does not say whether it is privileged': [
      { permissions: { 'notes:read': { summary: 'Read notes' } as never }, roles: { owner } },
      'permissions.notes:read.privileged: is not true or false',
    ],
    'a permission without a summary': [
      { permissions: { 'notes:read': { summary: '', privileged: false } }, roles: { owner } },
      'permissions.notes:read.summary: is empty',
    ],
  };
  for (const [what, [product, problem]] of Object.entries(wrong)) {
    it(`are refused with the path of the field: ${what}`, () => {
      assert.throws(() => read(product), invalid(problem));
    });
  }

  it('are refused together with all other invalid fields', () => {
    const roles = { reader: [], owner } as const;
    assert.throws(
      () =>
        read({
          permissions,
          roles,
          defaultRole: 'x',
          signUp: { emailDomains: ['x'] },
          trustedIssuers: () => 7,
        }),
      invalid(
        'roles.reader: is empty',
        `defaultRole: has to be one of none, ${ALL_ROLES.filter((role) => !['admin', 'owner'].includes(role)).join(', ')}`,
        'signUp.emailDomains[0]: is not a domain like example.com',
        'trustedIssuers: has to be a list: [ … ]',
      ),
    );
  });
});

describe('sessions in gatehouse.config.ts', () => {
  const sessionsOf = (sessions: unknown) => load({ sessions }).sessions;

  it('have safe limits, frozen', () => {
    const { sessions } = load({});
    assert.deepEqual(sessions, {
      ...{ idle: 43_200, absolute: 1_209_600, privileged: { idle: 3600, absolute: 43_200 }, maxPerUser: 20 },
      firebaseTokens: true,
    });
    assert.ok(Object.isFrozen(sessions) && Object.isFrozen(sessions.privileged));
  });

  it('have no default that is longer than what is given', () => {
    assert.deepEqual(sessionsOf({ idle: 1800 }).privileged, { idle: 1800, absolute: 43_200 });
    assert.deepEqual(sessionsOf({ absolute: 1800 }), {
      ...{ idle: 1800, absolute: 1800, privileged: { idle: 1800, absolute: 1800 }, maxPerUser: 20 },
      firebaseTokens: true,
    });
    assert.equal(sessionsOf({ idle: 30 * 86_400 }).absolute, 30 * 86_400);
  });

  for (const [sessions, problem] of [
    [{ idle: 59 }, 'sessions.idle: is less than 60'],
    [{ absolute: 401 * 86_400 }, 'sessions.absolute: is more than 34560000'],
    [{ firebaseTokens: 'no' }, 'sessions.firebaseTokens: has to be true or false'],
    [{ maxPerUser: 0 }, 'sessions.maxPerUser: is less than 1'],
    [{ idle: 7200, absolute: 3600 }, 'sessions.idle: is more than absolute'],
    [
      { absolute: 3600, privileged: { absolute: 7200 } },
      'sessions.privileged.absolute: is more than absolute',
    ],
    [{ privileged: { idle: 50_000 } }, 'sessions.privileged.idle: is more than idle or absolute'],
    [{ lifetime: 1 }, 'sessions: has an unknown field: lifetime'],
  ] as const) {
    it(`are refused: ${problem}`, () => {
      assert.throws(() => sessionsOf(sessions), invalid(problem));
    });
  }
});

describe('mfa in gatehouse.config.ts', () => {
  const mfaOf = (mfa: unknown) => load({ mfa }).mfa;

  it('asks no role for a factor by default, and has the project as the name of the product', () => {
    const { mfa } = load({});
    assert.deepEqual(mfa, { requireFactorFor: [], maxAge: 600, productName: mfa.productName });
    assert.ok(mfa.productName.length > 0);
    assert.ok(Object.isFrozen(mfa) && Object.isFrozen(mfa.requireFactorFor));
    const given = { requireFactorFor: ['owner', 'admin'], maxAge: 60, productName: 'Shop' };
    assert.deepEqual(mfaOf(given), given);
  });

  for (const [mfa, problem] of [
    [{ requireFactorFor: ['onwer'] }, 'mfa.requireFactorFor[0]: is not a role'],
    [{ requireFactorFor: ['owner', 'constructor'] }, 'mfa.requireFactorFor[1]: is not a role'],
    [{ requireFactorFor: 'owner' }, 'mfa.requireFactorFor: has to be a list: [ … ]'],
    [{ maxAge: 59 }, 'mfa.maxAge: is less than 60'],
    [{ maxAge: 86_401 }, 'mfa.maxAge: is more than 86400'],
    [{ required: true }, 'mfa: has an unknown field: required'],
  ] as const) {
    it(`is refused: ${problem}`, () => {
      assert.throws(() => mfaOf(mfa), invalid(problem));
    });
  }
});

describe('GATEHOUSE_EMULATOR_CONFIG', () => {
  const set = (value: unknown) =>
    load(
      { defaultRole: 'support', trustedIssuers: [OIDC] },
      { ...EMULATOR, GATEHOUSE_EMULATOR_CONFIG: typeof value === 'string' ? value : JSON.stringify(value) },
    );

  it('replaces only the fields that it contains', () => {
    const { defaultRole, signUpDomains, trustedIssuers } = set({ trustedIssuers: [LOCAL] });
    assert.deepEqual([defaultRole, signUpDomains], ['support', []]);
    assert.deepEqual(
      trustedIssuers.map(({ issuer }) => issuer),
      [LOCAL.issuer],
    );
    const other = set({ defaultRole: 'none', signUp: { emailDomains: ['acme.com'] } });
    assert.deepEqual([other.defaultRole, other.signUpDomains], ['none', ['acme.com']]);
    assert.equal(other.trustedIssuers[0]?.issuer, OIDC.issuer);
    assert.deepEqual(set({ signIn: { providers: ['google.com'] } }).signIn.providers, ['google.com']);
  });

  it('is checked like the file', () => {
    assert.throws(
      () => set({ defaultRole: 'owner' }),
      invalid('defaultRole: owner has privileged permissions'),
    );
    assert.throws(
      () => set({ trustedIssuers: [{ ...OIDC, audience: '' }] }),
      /: trustedIssuers\[0\]\.audience: /,
    );
  });

  it('is refused if it is not JSON, or has other fields', () => {
    const name = 'Invalid configuration: GATEHOUSE_EMULATOR_CONFIG';
    assert.throws(() => set("{'a':1}"), { message: new RegExp(`^${name}: is not JSON: `) });
    assert.throws(() => set({ roles: {} }), { message: `${name}: has an unknown field: roles` });
    assert.throws(() => set({ signUp: {} }), { message: `${name}.signUp.emailDomains: is missing` });
  });

  it('is refused in production', () => {
    const env = { ...PRODUCTION, GATEHOUSE_EMULATOR_CONFIG: '{}' };
    assert.throws(() => load({}, env), /refuses to start in production with GATEHOUSE_EMULATOR_CONFIG set/);
  });
});
