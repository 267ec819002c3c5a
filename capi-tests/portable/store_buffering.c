/* Store buffering: with sequentially consistent stores and loads, never do both threads read 0. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
static _Atomic int x, y, go, done; static int rx, ry;
#define N 300000
static void *t(void *p){ for (int i=1;i<=N;i++){ while(atomic_load(&go)<i); atomic_store(&x,1); rx=atomic_load(&y); atomic_fetch_add(&done,1);} return p; }
int main(void){ pthread_t a; int bad=0; pthread_create(&a,0,t,0); for(int i=1;i<=N;i++){ atomic_store(&x,0); atomic_store(&y,0); atomic_store(&done,0); atomic_store(&go,i); atomic_store(&y,1); ry=atomic_load(&x); atomic_fetch_add(&done,1); while(atomic_load(&done)<2); if(!rx&&!ry) bad++; } pthread_join(a,0); printf("both read 0: %d of %d\n",bad,N); return 0; }
