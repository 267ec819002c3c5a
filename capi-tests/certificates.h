/*  Keys and certificates for wss, which were made for these tests, and are good for nothing else. */

#ifndef CAPI_TESTS_CERTIFICATES_H
#define CAPI_TESTS_CERTIFICATES_H

#define FOR_TESTS static const char __attribute__ ((unused))

/*  An authority, a server's certificate that it signed for server.test, and one that signs itself, whose only name,
 *  self.test, is that of its subject. */
FOR_TESTS authority[] =
  "-----BEGIN CERTIFICATE-----\n"
  "MIIBiTCCAS+gAwIBAgIUOb4hcepqgDzeGpw27WFfUJJ4OUEwCgYIKoZIzj0EAwIw\n"
  "GTEXMBUGA1UEAwwOdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIzMDA1ODM3WhgPMjEy\n"
  "NjEwMzAwMDU4MzdaMBkxFzAVBgNVBAMMDnRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI\n"
  "zj0CAQYIKoZIzj0DAQcDQgAELdTHdW7Wws3p6Ix1AnOEp8iqujv8h9HrTTHtBdxh\n"
  "mov27wcIz/jFIOrVjgR9vyPL0PRYi9hmD6A7NhMn9BkOs6NTMFEwHQYDVR0OBBYE\n"
  "FE/DsBIhwqry/N3xRh7Tj4s8jkhYMB8GA1UdIwQYMBaAFE/DsBIhwqry/N3xRh7T\n"
  "j4s8jkhYMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAN/uLQe2\n"
  "Ffhn/AqUaJ1ZO2gYfmIf+upSldJZUVDUmCHRAiB4qMvSy7GSaKvN0DqruZ1O4p0s\n"
  "hf2uVUlv53YwzDIV4w==\n"
  "-----END CERTIFICATE-----\n";
FOR_TESTS signed_certificate[] =
  "-----BEGIN CERTIFICATE-----\n"
  "MIIBkzCCATqgAwIBAgIUB6MyWdaAgNvwKO4FCkcXj0F7sEMwCgYIKoZIzj0EAwIw\n"
  "GTEXMBUGA1UEAwwOdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIzMDA1ODM3WhgPMjEy\n"
  "NjEwMzAwMDU4MzdaMBIxEDAOBgNVBAMMB2lnbm9yZWQwWTATBgcqhkjOPQIBBggq\n"
  "hkjOPQMBBwNCAAS+1PTte62buxm5Bzv/F5KemVxngoFo0fX8ZIgSnNqbmLernGO3\n"
  "uk1TMg8Bqs0RI5XtTEf6/9PwknsX4MWQjC1fo2UwYzAWBgNVHREEDzANggtzZXJ2\n"
  "ZXIudGVzdDAJBgNVHRMEAjAAMB0GA1UdDgQWBBSlP77lXXoueJqM3MM3giN5Y2MZ\n"
  "EzAfBgNVHSMEGDAWgBRPw7ASIcKq8vzd8UYe04+LPI5IWDAKBggqhkjOPQQDAgNH\n"
  "ADBEAiA4hxUGbAhCwjB0bJ2kg/BOWPJeD2LMGkkQPg7YbWswYgIgJiBxJHyCxnVN\n"
  "tP4uTZWgVyhGqYPeoW51ihKFVQjeZs4=\n"
  "-----END CERTIFICATE-----\n";
FOR_TESTS signed_key[] =
  "-----BEGIN PRIVATE KEY-----\n"
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAcb3B7coz/FtPgPc\n"
  "NGv/pZmtHf+Dv/X+MF7sQCwQ7cWhRANCAAS+1PTte62buxm5Bzv/F5KemVxngoFo\n"
  "0fX8ZIgSnNqbmLernGO3uk1TMg8Bqs0RI5XtTEf6/9PwknsX4MWQjC1f\n"
  "-----END PRIVATE KEY-----\n";
FOR_TESTS own_certificate[] =
  "-----BEGIN CERTIFICATE-----\n"
  "MIIBfzCCASWgAwIBAgIUNKhAbxU4CdM7NYl1jteAXHiWqRgwCgYIKoZIzj0EAwIw\n"
  "FDESMBAGA1UEAwwJc2VsZi50ZXN0MCAXDTI2MTEyMzAwNTgzOFoYDzIxMjYxMDMw\n"
  "MDA1ODM4WjAUMRIwEAYDVQQDDAlzZWxmLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO\n"
  "PQMBBwNCAAT2F56wbLcF3Ss+/RwwRM/Q1WxGG4A4RbCoKE9fYwag6A/pM0ZfZr84\n"
  "mFHCwX5Q/kOk+5+WZ3R/9GJtl3ktB1J6o1MwUTAdBgNVHQ4EFgQUF7Fm7/k1/OGQ\n"
  "bezSKL4bfO1om+QwHwYDVR0jBBgwFoAUF7Fm7/k1/OGQbezSKL4bfO1om+QwDwYD\n"
  "VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAhYjU+Hy0k/vxBqYasjRH\n"
  "/7kzbh5y91+HX0Z1jt7b1F0CIEmo+K78TAdTZyAWRz+qSntyzUTSWdc/XYriY/Xj\n"
  "1Fea\n"
  "-----END CERTIFICATE-----\n";
FOR_TESTS own_key[] =
  "-----BEGIN PRIVATE KEY-----\n"
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWBuFjfdalnT9vtJo\n"
  "M/+uHow0yNs+X3HwhA5lq9ycC9uhRANCAAT2F56wbLcF3Ss+/RwwRM/Q1WxGG4A4\n"
  "RbCoKE9fYwag6A/pM0ZfZr84mFHCwX5Q/kOk+5+WZ3R/9GJtl3ktB1J6\n"
  "-----END PRIVATE KEY-----\n";

#endif
