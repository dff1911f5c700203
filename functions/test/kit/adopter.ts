import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join, relative } from 'node:path';
import { quietEnv, ROOT } from '../../../tools/lib/emulator-setup.ts';
import { HOST } from '../../../tools/lib/ports.ts';
import { runScript } from '../helpers/shell.ts';

const TEMPLATES = join(ROOT, 'node_modules/firebase-tools/templates/init');

/** What an adopter has added to the templates: a function behind `/api/**`, rules and an index. */
const OWN_FUNCTION = `
exports.orders = onRequest((request, response) => {
  response.send("orders of the shop");
});
`;
const OWN_INDEXES = {
  indexes: [
    {
      collectionGroup: 'orders',
      queryScope: 'COLLECTION',
      fields: [
        { fieldPath: 'customer', order: 'ASCENDING' },
        { fieldPath: 'at', order: 'DESCENDING' },
      ],
    },
  ],
  fieldOverrides: [],
};

/** The Firebase project of an adopter, in a Git repository, committed. */
export interface Adopter {
  readonly folder: string;
  /** The environment of a shell in it. */
  env(extra?: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
  /** Runs shell commands in it, stopping at the first that fails. @throws Error with the output */
  sh(script: string, extra?: NodeJS.ProcessEnv): Promise<string>;
  remove(): void;
}

/** Another working copy, with the same node_modules. */
export function copyOf(adopter: Adopter): Adopter {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-adopter-'));
  const modules: string[] = [];
  cpSync(adopter.folder, folder, {
    recursive: true,
    filter: (path) => {
      if (basename(path) !== 'node_modules') return true;
      modules.push(path);
      return false;
    },
  });
  for (const path of modules) symlinkSync(path, join(folder, relative(adopter.folder, path)));
  return openProject(folder);
}

function openProject(folder: string): Adopter {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-adopter-home-'));
  // The CLI itself: node_modules/.bin/firebase is the wrapper of this repository.
  const bin = join(scratch, 'bin');
  mkdirSync(bin);
  symlinkSync(join(ROOT, 'node_modules/firebase-tools/lib/bin/firebase.js'), join(bin, 'firebase'));
  symlinkSync(process.execPath, join(bin, 'node'));

  const env = (extra: NodeJS.ProcessEnv = {}) => ({
    // npm may ask its registry here.
    ...quietEnv(scratch, { npm_config_offline: 'false', npm_config_prefer_offline: 'true' }),
    npm_config_update_notifier: 'false',
    PATH: [bin, process.env.PATH].join(delimiter),
    ...extra,
  });
  const sh: Adopter['sh'] = (script, extra) => runScript(script, { cwd: folder, env: env(extra) });
  return {
    folder,
    env,
    sh,
    remove: () => {
      for (const path of [folder, scratch]) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/**
 * Makes a project of the files that `firebase init` of this CLI writes for functions, Hosting and Firestore.
 *
 * @param ports of its emulators, by name
 */
export async function makeAdopter(
  projectId: string,
  ports: Readonly<Record<string, number>>,
): Promise<Adopter> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-adopter-'));
  const template = (path: string) => readFileSync(join(TEMPLATES, path), 'utf8');
  const write = (path: string, content: string | object) =>
    writeFileSync(
      join(folder, path),
      typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`,
    );

  mkdirSync(join(folder, 'functions'));
  mkdirSync(join(folder, 'public'));
  write('functions/index.js', template('functions/javascript/index.js') + OWN_FUNCTION);
  write(
    'functions/package.json',
    template('functions/javascript/package.nolint.json').replace('{{RUNTIME}}', '24'),
  );
  write('functions/.gitignore', template('functions/javascript/_gitignore'));
  cpSync(join(TEMPLATES, 'hosting/index.html'), join(folder, 'public/index.html'));
  write('firestore.rules', template('firestore/firestore.rules').replace('{{IN_30_DAYS}}', '2030, 1, 1'));
  write('firestore.indexes.json', OWN_INDEXES);
  write('.gitignore', template('../_gitignore'));
  write('.firebaserc', { projects: { default: projectId } });
  write('firebase.json', {
    functions: [
      {
        source: 'functions',
        codebase: 'default',
        disallowLegacyRuntimeConfig: true,
        ignore: ['node_modules', '.git', 'firebase-debug.log', 'firebase-debug.*.log', '*.local'],
      },
    ],
    hosting: {
      public: 'public',
      ignore: ['firebase.json', '**/.*', '**/node_modules/**'],
      rewrites: [{ source: '/api/**', function: 'orders' }],
    },
    firestore: { rules: 'firestore.rules', indexes: 'firestore.indexes.json' },
    emulators: {
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, { host: HOST, port }])),
      ui: { enabled: false },
      singleProjectMode: true,
    },
  });

  const adopter = openProject(folder);
  await adopter.sh('npm --prefix functions install --ignore-scripts --no-audit --no-fund --loglevel=error');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, env: adopter.env() });
  git('init', '--quiet');
  for (const setting of ['user.name', 'user.email']) git('config', setting, 'adopter@example.com');
  git('add', '.');
  git('commit', '--quiet', '--message', 'before the kit');
  // The logs of the CLI, and the links of a copy.
  appendFileSync(join(folder, '.git/info/exclude'), '*.log\nnode_modules\n');
  return adopter;
}
