// Installs what the lockfiles name, puts the right Node first on PATH, then runs tools/<command>.ts, or a binary
// of node_modules. Plain JavaScript without dependencies: it runs before anything is installed, on Node 20 and up.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const RUNTIME = 24;
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED/;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const functions = join(root, 'functions');
const bin = join(root, 'node_modules', '.bin');
const hostMajor = Number(process.versions.node.split('.')[0]);
const env = { ...process.env, ...withoutProxyOnLoopback(), PATH: [bin, process.env.PATH].join(delimiter) };

/** The emulators call each other on loopback, which no proxy reaches. Libraries read one of these names. */
function withoutProxyOnLoopback() {
  const { no_proxy, NO_PROXY, no_grpc_proxy } = process.env;
  const add = (hosts) =>
    hosts === '*' ? hosts : [hosts, '127.0.0.1', 'localhost', '::1'].filter(Boolean).join();
  const hosts = add(no_proxy || NO_PROXY);
  return { no_proxy: hosts, NO_PROXY: hosts, ...(no_grpc_proxy && { no_grpc_proxy: add(no_grpc_proxy) }) };
}

/** @returns {never} */
function fail(message) {
  console.error(`gatehouse: ${message}`);
  process.exit(1);
}

/** Runs a program to its end, passing signals on to it; gives its exit code. */
let current;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => (current ? current.kill(signal) : process.exit(130)));
async function run(command, args, options, missing) {
  current = spawn(command, args, { env, stdio: 'inherit', ...options });
  current.on('error', () => fail(missing));
  const errors = [];
  current.stderr?.on('data', (chunk) => errors.push(chunk));
  const [code, signal] = await once(current, 'close');
  current = undefined;
  if (signal) process.exit(130);
  return { code, stderr: Buffer.concat(errors).toString() };
}

/** Runs npm quietly. Install scripts of dependencies stay off: only the `node` package's is wanted, by name. */
async function npm(cwd, ...args) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  const missing = 'npm is missing; install Node.js with npm (https://nodejs.org), then run this again.';
  const stdio = ['ignore', 'ignore', 'pipe'];
  const { code, stderr } = await run('npm', [...args, ...quiet, ...retries], { cwd, stdio }, missing);
  if (code === 0) return;
  if (UNREACHABLE.test(stderr)) {
    fail(
      'dependencies must be installed, but the npm registry is out of reach; check the network, run this again.',
    );
  }
  fail(`npm ${args[0]} failed in ${cwd}:\n${stderr.trim()}`);
}

/** A digest of what an install depends on. The Node version is no part of it: nothing native is built. */
function wanted(dir) {
  const lock = readFileSync(join(dir, 'package-lock.json'));
  return createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`).digest('hex');
}

const stamp = (dir) => join(dir, 'node_modules', '.gatehouse-install');
const isInstalled = (dir) =>
  existsSync(stamp(dir)) && readFileSync(stamp(dir), 'utf8') === wanted(dir) && !lacksPackages(dir);

/** Whether a package is missing, as after an install that left out the development dependencies. */
function lacksPackages(dir) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  const names = Object.keys({ ...dependencies, ...devDependencies });
  return names.some((name) => !existsSync(join(dir, 'node_modules', name)));
}
// The host's Node is usable unless an install would remove it.
const hasRuntime = () =>
  existsSync(join(bin, 'node')) || (hostMajor === RUNTIME && !process.execPath.startsWith(root));

async function install(dir) {
  if (isInstalled(dir)) return;
  rmSync(stamp(dir), { force: true });
  // Also with NODE_ENV=production, or `omit` in the user's configuration of npm.
  await npm(dir, 'ci', '--ignore-scripts', '--include=dev', '--include=optional');
  mkdirSync(join(dir, 'node_modules'), { recursive: true });
  writeFileSync(stamp(dir), wanted(dir));
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Two commands started at once must not install into the same folder: the second waits for the first. */
async function lock() {
  const file = join(root, '.gatehouse', 'install.lock');
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      process.once('exit', () => rmSync(file, { force: true }));
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
      if (holder > 0 && !isAlive(holder)) rmSync(file, { force: true });
      await sleep(200);
    }
  }
}

const [command = '', ...args] = process.argv.slice(2);
const usage = join(root, 'tools', 'usage', `${command}.txt`);
if (existsSync(usage) && args.some((arg) => arg === '--help' || arg === '-h')) {
  process.stdout.write(readFileSync(usage));
  process.exit(0);
}

if (hostMajor < 20) fail(`Node 20 or newer is needed, this is ${process.version}; see https://nodejs.org.`);

if (!isInstalled(root) || !isInstalled(functions) || !hasRuntime()) {
  const unlock = await lock();
  console.error('gatehouse: installing dependencies (the first time takes a minute or two) ...');
  await install(root);
  if (!hasRuntime()) await npm(root, 'rebuild', 'node', '--ignore-scripts=false');
  // After the root: from here on npm itself runs on the runtime's Node, so it chooses the packages meant for it.
  await install(functions);
  unlock();
}

const link = join(root, 'tools', 'link-cli.mjs');
if (existsSync(link)) await import(pathToFileURL(link).href);

const script = join(root, 'tools', `${command}.ts`);
const [program, programArgs] = existsSync(script) ? ['node', [script, ...args]] : [command, args];
const missing = `there is neither tools/${command}.ts nor a program named "${command}".`;
process.exit((await run(program, programArgs, {}, missing)).code);
