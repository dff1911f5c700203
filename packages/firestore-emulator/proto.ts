import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadPackageDefinition, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** 64-bit numbers and enums as strings, bytes as Buffers, unset fields left out: the shapes of messages.ts. */
const SHAPE = { keepCase: false, longs: String, enums: String, bytes: Buffer, defaults: false, oneofs: true };

/** The messages as `@google-cloud/firestore` ships them, so that client and server never disagree on them. */
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

/** A bare client of google.firestore.v1.Firestore: what the SDK cannot send, tests send with this. */
export const FirestoreClient: ServiceClientConstructor = load();

const sizes = new WeakMap<object, number>();

/** How many bytes a decoded request was on the wire. */
export const requestSize = (request: object) => sizes.get(request) ?? 0;

/** The service, remembering each request's size: gRPC's own limit would refuse with a code that the SDK retries. */
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
