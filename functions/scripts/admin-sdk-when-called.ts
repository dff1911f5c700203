import type { Plugin } from 'esbuild';

/** What the functions SDK uses of the Admin SDK. A name that is missing here fails the build. */
const USED = {
  'firebase-admin/app': ['applicationDefault', 'deleteApp', 'getApp', 'initializeApp'],
  'firebase-admin/app-check': ['getAppCheck'],
  'firebase-admin/auth': ['getAuth'],
} as const satisfies Record<string, readonly string[]>;

const isUsed = (path: string): path is keyof typeof USED => Object.hasOwn(USED, path);

const SDK = /[/\\]node_modules[/\\]firebase-functions[/\\]/;

/** Each in a file of its own, under its own name. */
export const ADMIN_SDK = Object.fromEntries(Object.keys(USED).map((path) => [path, path]));

/**
 * The functions SDK imports the Admin SDK, half a megabyte, and calls it only for tokens of blocking functions. Here it
 * loads it when it calls it: the same code and the same instance that Gatehouse itself loads when it needs it.
 */
export const adminSdkWhenCalled: Plugin = {
  name: 'admin-sdk-when-called',
  setup(build) {
    const namespace = 'when-called';
    build.onResolve({ filter: /^firebase-admin\// }, ({ path, importer }) =>
      SDK.test(importer) && isUsed(path) ? { path, namespace } : null,
    );
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: (isUsed(path) ? USED[path] : [])
        .map((name) => `export const ${name} = (...args) => require('./${path}.js').${name}(...args);`)
        .join('\n'),
    }));
    build.onResolve({ filter: /^\.\/firebase-admin\//, namespace }, ({ path }) => ({ path, external: true }));
  },
};
