/* For versions of wine that lack bcryptprimitives.dll, which Windows has, and which Rust's standard library takes random
   numbers from. Used by scripts/test-emulated alone; no part of the library. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036 (PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng (PBYTE data, SIZE_T size)
{
    return SystemFunction036 (data, (ULONG) size);
}
