// What the Firebase CLI and the platform load. The npm package has another entry: `exports` in package.json.
export * from './lib/index.js';
