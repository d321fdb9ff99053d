export { backendsFromEnvironment } from './backends.ts';
export { eventually } from './eventually.ts';
export { TcpGate } from './tcp-gate.ts';
export { writeCertificate, type CertificateOnDisk } from './certificate.ts';
export { Http2Client } from './http2-client.ts';
