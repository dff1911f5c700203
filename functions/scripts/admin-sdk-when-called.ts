import type { Plugin } from 'esbuild';

/** The parts of the Admin SDK that the functions SDK uses. A missing name fails the build. */
const USED = {
  'firebase-admin/app': ['applicationDefault', 'deleteApp', 'getApp', 'initializeApp'],
  'firebase-admin/app-check': ['getAppCheck'],
  'firebase-admin/auth': ['getAuth'],
} as const satisfies Record<string, readonly string[]>;

const isUsed = (path: string): path is keyof typeof USED => Object.hasOwn(USED, path);

const SDK = /[/\\]node_modules[/\\]firebase-functions[/\\]/;

/** One bundled file for each part, with its name. */
export const ADMIN_SDK = Object.fromEntries(Object.keys(USED).map((path) => [path, path]));

/**
 * The functions SDK imports the Admin SDK, half a megabyte, and calls it only for tokens of blocking functions. With this
 * plugin it loads the Admin SDK at the first call: the same file, and instance, that Gatehouse loads.
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
