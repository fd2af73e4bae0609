#define _GNU_SOURCE
#include "models.h"

#include <dlfcn.h>
#include <pthread.h>

static const char *const names[model_count] = {"light", "wide"};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static limpid_model *models[model_count];
static unsigned shares[model_count];

limpid_model *model_take(model_name name) {
  pthread_mutex_lock(&mutex);
  if (!shares[name]) {
    // Installed together with this library, the models lie at a known place from it.
    Dl_info here;
    const char *near = dladdr(&mutex, &here) ? here.dli_fname : NULL;
    limpid_model_open_named(names[name], near, NULL, &models[name]);
  }
  limpid_model *model = models[name];
  if (model) shares[name]++;
  pthread_mutex_unlock(&mutex);
  return model;
}

void model_give_back(model_name name) {
  pthread_mutex_lock(&mutex);
  if (--shares[name] == 0) {
    limpid_model_close(models[name]);
    models[name] = NULL;
  }
  pthread_mutex_unlock(&mutex);
}
