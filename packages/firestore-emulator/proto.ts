import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadPackageDefinition, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** 64-bit numbers and enums as strings, bytes as Buffers, unset fields omitted: the types of messages.ts. */
const SHAPE = { keepCase: false, longs: String, enums: String, bytes: Buffer, defaults: false, oneofs: true };

/** Loads the protos that `@google-cloud/firestore` ships, so that client and server use the same. */
function load(): ServiceClientConstructor {
  const sdk = dirname(createRequire(import.meta.url).resolve('@google-cloud/firestore/package.json'));
  const definition = loadSync('google/firestore/v1/firestore.proto', {
    ...SHAPE,
    includeDirs: [join(sdk, 'build', 'protos')],
  });
  const { google } = loadPackageDefinition(definition) as unknown as {
    google: { firestore: { v1: { Firestore: ServiceClientConstructor } } };
  };
  return google.firestore.v1.Firestore;
}

/** A gRPC client of google.firestore.v1.Firestore, for test requests that the SDK cannot send. */
export const FirestoreClient: ServiceClientConstructor = load();

const sizes = new WeakMap<object, number>();

/** The encoded size of a decoded request, in bytes. */
export const requestSize = (request: object) => sizes.get(request) ?? 0;

/** Records the size of each request. gRPC's own limit would fail with a code that the SDK retries. */
export const firestoreService: ServiceDefinition = Object.fromEntries(
  Object.entries(FirestoreClient.service).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): object => {
      const request = method.requestDeserialize(bytes) as object;
      sizes.set(request, bytes.length);
      return request;
    };
    return [name, { ...method, requestDeserialize }];
  }),
);
