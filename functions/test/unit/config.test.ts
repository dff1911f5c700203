import assert from 'node:assert/strict';
import { isDiscovery, loadConfig } from '../../src/config.ts';
import { productOf } from '../helpers/product.ts';

const PRODUCTION = { GCLOUD_PROJECT: 'shop', K_CONFIGURATION: 'api', K_SERVICE: 'api' };
const EMULATOR = { GCLOUD_PROJECT: 'demo-shop', FUNCTIONS_EMULATOR: 'true' };
const load = (env: Record<string, string | undefined> = {}) =>
  loadConfig({ ...PRODUCTION, ...env }, productOf());

describe('config', () => {
  it('has safe defaults', () => {
    assert.deepEqual(loadConfig(PRODUCTION, productOf({ rateLimits: {} })), {
      projectId: 'shop',
      emulator: false,
      lacksFirestore: false,
      allowedOrigins: ['https://shop.web.app', 'https://shop.firebaseapp.com'],
      previewSites: [],
      allowedHeaders: ['sentry-trace', 'baggage', 'traceparent'],
      hstsIncludeSubDomains: false,
      invitationUrl: undefined,
      sessionCookieDomain: undefined,
      passkeys: { rpId: 'shop.web.app', origins: ['https://shop.web.app'], relatedOrigins: [] },
      defaultRole: 'member',
      sessions: {
        ...{ idle: 43_200, absolute: 1_209_600, privileged: { idle: 3600, absolute: 43_200 } },
        maxPerUser: 20,
        firebaseTokens: true,
      },
      mfa: { requireFactorFor: [], maxAge: 600, productName: 'shop' },
      signUpDomains: [],
      signIn: { providers: null, emailDomains: null, verifiedEmail: false, anonymous: true },
      rateLimits: {
        read: { user: 600, shared: 6000, window: 60 },
        write: { user: 300, shared: 3000, window: 60 },
        privileged: { user: 120, shared: 1200, window: 60 },
        credential: { user: 30, shared: 300, window: 60 },
      },
      trustedIssuers: [],
      behindGateway: false,
      trustedProxyHops: 1,
      enforcement: 'enforce',
      appCheck: { enforce: false, consume: false },
      basePath: '/api/v1',
      errorDocs: 'https://shop.web.app/api/v1/errors',
      accessChangeMaxAge: 10,
      auditRetention: 400,
      databaseId: '(default)',
      mfaKeys: [],
    });
  });

  it('is deeply frozen', () => {
    const config = load();
    const { allowedOrigins, previewSites, allowedHeaders, appCheck } = config;
    const { signUpDomains, signIn, trustedIssuers, rateLimits } = config;
    for (const value of [
      ...[config, allowedOrigins, previewSites, allowedHeaders],
      ...[signUpDomains, signIn, appCheck, trustedIssuers, rateLimits],
    ]) {
      assert.ok(Object.isFrozen(value));
    }
  });

  it('takes the project from GCLOUD_PROJECT or GOOGLE_CLOUD_PROJECT', () => {
    assert.equal(loadConfig({ GOOGLE_CLOUD_PROJECT: 'shop' }).projectId, 'shop');
    assert.equal(loadConfig({ GCLOUD_PROJECT: 'shop', GOOGLE_CLOUD_PROJECT: 'other' }).projectId, 'shop');
  });

  it('takes the project from the configuration of the Admin SDK, as on App Hosting', () => {
    const FIREBASE_CONFIG = '{"projectId":"shop","storageBucket":"shop.firebasestorage.app"}';
    const appHosting = { FIREBASE_CONFIG, K_SERVICE: 'site', K_CONFIGURATION: 'site', PORT: '8080' };
    assert.equal(loadConfig(appHosting).projectId, 'shop');
    assert.equal(loadConfig({ ...appHosting, GCLOUD_PROJECT: 'other' }).projectId, 'other');
  });

  for (const FIREBASE_CONFIG of ['{', '{}', '{"projectId":""}', '{"projectId":1}', 'null', 'config.json']) {
    it(`is refused with FIREBASE_CONFIG=${FIREBASE_CONFIG} and without a project`, () => {
      assert.throws(() => loadConfig({ FIREBASE_CONFIG }), /^Error: Invalid configuration: FIREBASE_CONFIG/);
    });
  }

  for (const domain of ['shop.example', 'eu.shop.example']) {
    it(`shares the session cookie within ${domain}, at or below which a page may call`, () => {
      const env = { SESSION_COOKIE_DOMAIN: domain, ALLOWED_ORIGINS: 'https://eu.shop.example' };
      assert.equal(load(env).sessionCookieDomain, domain);
    });
  }

  for (const origin of ['https://workshop.example', 'https://shop.example.evil.example', 'capacitor://a']) {
    it(`refuses to share the session cookie within shop.example when ${origin} may call`, () => {
      const env = { SESSION_COOKIE_DOMAIN: 'shop.example', ALLOWED_ORIGINS: origin };
      assert.throws(() => load(env), /SESSION_COOKIE_DOMAIN: ALLOWED_ORIGINS has no page/);
    });
  }

  for (const env of [{}, { GCLOUD_PROJECT: '' }]) {
    it(`is refused without a project: ${JSON.stringify(env)}`, () => {
      assert.throws(() => loadConfig(env), /GCLOUD_PROJECT/);
    });
  }

  it('takes the shadow mode, and no other word for it', () => {
    assert.equal(load({ ENFORCEMENT: 'shadow' }).enforcement, 'shadow');
    for (const ENFORCEMENT of ['', 'off', 'false', 'Shadow']) {
      assert.throws(() => load({ ENFORCEMENT }), /ENFORCEMENT/, ENFORCEMENT);
    }
  });

  it('reads lists with spaces and empty parts', () => {
    const { allowedOrigins } = load({ ALLOWED_ORIGINS: ' https://a.example , ,https://b.example:8443,' });
    assert.deepEqual(allowedOrigins.slice(2), ['https://a.example', 'https://b.example:8443']);
  });

  it('allows http only for this machine', () => {
    const here = ['http://localhost:5002', 'http://127.0.0.1:5002', 'http://localhost', 'http://[::1]:5002'];
    assert.deepEqual(load({ ALLOWED_ORIGINS: here.join() }).allowedOrigins.slice(2), here);
  });

  it('accepts the origins of app shells, on iOS, Android, Windows, macOS and Linux', () => {
    const shells = [
      ...['capacitor://localhost', 'ionic://localhost', 'http://localhost', 'https://localhost'],
      ...['app://localhost', 'tauri://localhost', 'http://tauri.localhost', 'https://tauri.localhost'],
      ...['shop://app.example.com:8080', 'chrome-extension://abcdefghijklmnop', 'app://-'],
    ];
    assert.deepEqual(load({ ALLOWED_ORIGINS: shells.join() }).allowedOrigins.slice(2), shells);
  });

  it('always allows the two domains of each Hosting site', () => {
    const own = ['https://shop.web.app', 'https://shop.firebaseapp.com'];
    const admin = ['https://shop-admin.web.app', 'https://shop-admin.firebaseapp.com'];
    const others = { ALLOWED_ORIGINS: 'https://a.example', HOSTING_SITES: 'shop-admin' };
    assert.deepEqual(load(others).allowedOrigins, [...own, ...admin, 'https://a.example']);
    assert.deepEqual(load(others).previewSites, []);
    assert.deepEqual(load({ ...others, PREVIEW_CHANNELS: 'true' }).previewSites, ['shop', 'shop-admin']);
  });

  it('replaces the further request headers', () => {
    assert.deepEqual(load({ ALLOWED_HEADERS: '' }).allowedHeaders, []);
    assert.deepEqual(load({ ALLOWED_HEADERS: 'x-a, B3' }).allowedHeaders, ['x-a', 'B3']);
  });

  it('takes a page of an allowed origin for invited users', () => {
    for (const page of [
      'https://shop.web.app',
      'https://shop.firebaseapp.com/a?b=c#d',
      'https://a.example/in',
    ]) {
      const env = { ALLOWED_ORIGINS: 'https://a.example', INVITATION_URL: page };
      assert.equal(load(env).invitationUrl, page);
    }
  });

  for (const page of [
    ...['https://evil.example', 'http://shop.web.app', 'https://shop.web.app.evil.example/', 'welcome'],
    ...['https://shop.web.app@evil.example/', 'capacitor://localhost/in', 'javascript:alert(1)'],
  ]) {
    it(`is refused with ${page} as the page for invited users`, () => {
      const env = { ALLOWED_ORIGINS: 'capacitor://localhost', INVITATION_URL: page };
      assert.throws(() => load(env), /INVITATION_URL: is not a URL of an allowed web origin/);
    });
  }

  it('has the pages of errors on the Hosting site, in the emulator on that of this machine', () => {
    assert.equal(load({}).errorDocs, 'https://shop.web.app/api/v1/errors');
    const own = 'https://api.shop.example/v1/errors';
    assert.equal(load({ ERROR_DOCS_URL: own }).errorDocs, own);
    assert.equal(load({ BASE_PATH: '/auth/v2' }).errorDocs, 'https://shop.web.app/auth/v2/errors');
    const emulator = { FUNCTIONS_EMULATOR: 'true', K_CONFIGURATION: undefined, K_SERVICE: undefined };
    assert.equal(load(emulator).errorDocs, 'http://127.0.0.1:5002/api/v1/errors');
    const moved = { ...emulator, GATEHOUSE_HOSTING_URL: 'http://127.0.0.1:7000' };
    assert.equal(load(moved).errorDocs, 'http://127.0.0.1:7000/api/v1/errors');
    assert.equal(load({ GATEHOUSE_HOSTING_URL: 'http://x' }).errorDocs, 'https://shop.web.app/api/v1/errors');
  });

  for (const url of [
    'errors',
    'http://shop.example/e',
    'https://shop.example/e/',
    'https://shop.example/e?a=b',
    'javascript:x',
  ]) {
    it(`is refused with ${url} for the pages of errors`, () => {
      assert.throws(() => load({ ERROR_DOCS_URL: url }), /ERROR_DOCS_URL: is not a URL like https:/);
    });
  }

  it('is refused with replay protection and without App Check', () => {
    assert.throws(() => load({ APP_CHECK_CONSUME: 'true' }), /APP_CHECK_CONSUME/);
  });

  it('never treats a start in production as CLI discovery', () => {
    assert.equal(isDiscovery({ FUNCTIONS_CONTROL_API: 'true' }), true);
    assert.equal(isDiscovery({ FUNCTIONS_CONTROL_API: 'true', K_CONFIGURATION: 'api' }), false);
  });

  it('enforces App Check in production, and never in the emulator', () => {
    const env = { APP_CHECK: 'true', APP_CHECK_CONSUME: 'true' };
    assert.deepEqual(load(env).appCheck, { enforce: true, consume: true });
    assert.deepEqual(loadConfig({ ...EMULATOR, ...env }).appCheck, { enforce: false, consume: true });
  });

  for (const name of ['DEFAULT_ROLE', 'SIGN_UP_DOMAINS', 'TRUSTED_ISSUERS']) {
    it(`is refused with ${name}, which moved to gatehouse.config.ts`, () => {
      assert.throws(() => load({ [name]: 'x' }), new RegExp(`^Error: .*${name}: is set in functions/`));
      assert.equal(load({ [name]: '' }).projectId, load({}).projectId);
    });
  }

  for (const path of ['/v1', '/api', '/auth/v2', '/Gate_house-1/api/v1', '/v10/x', '/api/v1/v1']) {
    it(`accepts the base path ${path}`, () => {
      assert.equal(load({ BASE_PATH: path }).basePath, path);
    });
  }

  it('accepts a database id', () => {
    assert.equal(load({ DATABASE_ID: 'gatehouse-eu' }).databaseId, 'gatehouse-eu');
  });

  for (const age of ['1', '60']) {
    it(`accepts a maximum age of access changes of ${age} seconds`, () => {
      assert.equal(load({ ACCESS_CHANGE_MAX_AGE: age }).accessChangeMaxAge, Number(age));
    });
  }

  for (const days of ['1', '3650']) {
    it(`accepts a retention of the audit log of ${days} days`, () => {
      assert.equal(load({ AUDIT_RETENTION_DAYS: days }).auditRetention, Number(days));
    });
  }

  const wrong: readonly (readonly [name: string, ...values: string[]])[] = [
    [
      'ALLOWED_ORIGINS',
      '*',
      'null',
      'app.example.com',
      'https://app.example.com/',
      'https://app.example.com/path',
      'https://app.example.com?x',
      'https://app.example.com#x',
      'https://user@app.example.com',
      'https://app.example.com:443',
      'https://APP.example.com',
      'http://app.example.com',
      'http://localhost.evil.example',
      'http://127.0.0.1.evil.example',
      'ftp://localhost',
      'file:///',
      'javascript:alert(1)',
      'https://*.example.com',
      'https://good.example,null',
      'capacitor://',
      'capacitor://localhost/',
      'capacitor://*',
      'capacitor:localhost',
      'Capacitor://localhost',
      'ws://localhost',
      'javascript://localhost',
      'blob:https://app.example.com',
      'http://[::2]',
      'http://evil-localhost',
    ],
    [
      'HOSTING_SITES',
      '*',
      'https://shop.web.app',
      'shop.web.app',
      'Shop',
      '-shop',
      'shop-',
      'shop--x',
      'a b',
    ],
    ['PREVIEW_CHANNELS', 'yes', '', 'all'],
    ['ALLOWED_HEADERS', '*', 'x a', 'x-a:', 'x-a\r\nSet-Cookie', 'é'],
    ['HSTS_INCLUDE_SUBDOMAINS', 'yes', ''],
    ['APP_CHECK', 'yes', '1', 'TRUE', ''],
    ['APP_CHECK_CONSUME', 'on', ''],
    [
      'ACCESS_CHANGE_MAX_AGE',
      '0',
      '61',
      '-1',
      '1.5',
      '1e1',
      '0x10',
      '',
      'ten',
      ' 10',
      '99999999999999999999',
    ],
    ['DATABASE_ID', 'Gatehouse', 'a', 'gate/house', 'default)', '', 'x'.repeat(64), '1abc', 'abc-'],
    [
      'BASE_PATH',
      ...['', '/', 'api', 'api/v1', '/api/', '//api', '/api//v1', '/api/../v1', '/./api', '/__/auth'],
      ...['/api/:id', '/api/*path', '/{api}', '/api?x', '/api#x', '/a b', '/%61pi', '/api\n', '/é', '\\api'],
      ...['https://a.example/api', '//a.example', '/identitytoolkit.googleapis.com', '/v1/users', '/v1/me'],
    ],
    [
      'SESSION_COOKIE_DOMAIN',
      ...['com', 'localhost', '.shop.example', 'shop.example.', 'Shop.example', '*.shop.example', ' '],
      ...['https://shop.example', 'shop.example:443', 'shop.example/', '127.0.0.1', '[::1]', 'shop..example'],
      ...['shop.example; Path=/', 'shop.example\r\nX: y', 'web.app', 'shop.web.app', 'shop.firebaseapp.com'],
      ...['site--shop.us-central1.hosted.app', 'api-x.a.run.app', 'us-central1-shop.cloudfunctions.net'],
    ],
    ['TRUSTED_PROXY_HOPS', '0', '10', '-1', '1.5', '', 'all', 'true'],
    ['AUDIT_RETENTION_DAYS', '0', '3651', '-1', '0.5', '4e2', '', 'forever', '99999999999999999999'],
  ];
  for (const [name, ...values] of wrong) {
    for (const value of values) {
      it(`names the invalid parameter ${name}=${value}`, () => {
        assert.throws(
          () => load({ [name]: value }),
          new RegExp(`^Error: Invalid configuration: ${name}(\\[\\d\\])?: `),
        );
      });
    }
  }

  it('names all invalid parameters at once', () => {
    assert.throws(
      () => load({ APP_CHECK: 'x', BEHIND_GATEWAY: 'x' }),
      /^Error: Invalid configuration: APP_CHECK: .*\nInvalid configuration: BEHIND_GATEWAY: /s,
    );
  });
});

describe('config in production', () => {
  const debugging = {
    FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9099',
    FIRESTORE_EMULATOR_HOST: '127.0.0.1:8080',
    FIREBASE_STORAGE_EMULATOR_HOST: '127.0.0.1:9199',
    FIREBASE_DATABASE_EMULATOR_HOST: '127.0.0.1:9000',
    GATEHOUSE_EMULATOR_CONFIG: '{}',
    FIREBASE_DEBUG_MODE: 'true',
    FIREBASE_DEBUG_FEATURES: '{"skipTokenVerification":true}',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
  };
  for (const [name, value] of Object.entries(debugging)) {
    it(`is refused with ${name} set`, () => {
      assert.throws(
        () => load({ [name]: value }),
        new RegExp(`refuses to start in production with ${name} set`),
      );
    });

    it(`accepts ${name} in the emulator, and an empty value in production`, () => {
      assert.equal(loadConfig({ ...EMULATOR, [name]: value }).emulator, true);
      assert.equal(load({ [name]: '' }).emulator, false);
    });

    it(`is refused with ${name} and FUNCTIONS_EMULATOR=true`, () => {
      assert.throws(() => load({ [name]: value, FUNCTIONS_EMULATOR: 'true' }), new RegExp(name));
    });
  }

  it('is refused with FUNCTIONS_EMULATOR=true, which would allow unsigned tokens', () => {
    assert.throws(() => load({ FUNCTIONS_EMULATOR: 'true' }), /in production with FUNCTIONS_EMULATOR set/);
  });

  it('is refused with FUNCTIONS_EMULATOR=true even if K_CONFIGURATION is empty', () => {
    const env = { GCLOUD_PROJECT: 'shop', FUNCTIONS_EMULATOR: 'true', K_CONFIGURATION: '' };
    assert.throws(() => loadConfig(env), /FUNCTIONS_EMULATOR/);
  });

  for (const value of ['1', 'TRUE', 'false', '']) {
    it(`is production with FUNCTIONS_EMULATOR="${value}"`, () => {
      assert.throws(
        () => load({ FUNCTIONS_EMULATOR: value, FIREBASE_AUTH_EMULATOR_HOST: 'x' }),
        /AUTH_EMULATOR_HOST/,
      );
      assert.equal(load({ FUNCTIONS_EMULATOR: value }).emulator, false);
    });
  }

  it('names every variable that must not be set', () => {
    assert.throws(
      () => load({ ...debugging, FUNCTIONS_EMULATOR: 'true' }),
      (error: Error) =>
        [...Object.keys(debugging), 'FUNCTIONS_EMULATOR'].every((name) => error.message.includes(name)),
    );
  });
});

describe('isDiscovery', () => {
  it('is true only when the Firebase CLI loads the list of functions', () => {
    assert.equal(isDiscovery({ FUNCTIONS_CONTROL_API: 'true' }), true);
    for (const value of [undefined, '', 'false', '1', 'TRUE']) {
      assert.equal(isDiscovery({ FUNCTIONS_CONTROL_API: value }), false);
    }
  });
});
