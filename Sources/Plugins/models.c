#define _GNU_SOURCE
#include "models.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static limpid_model *model;
static char why_no_wide[512];  // empty: it has the wide one
static unsigned shares;

static void open_model(void) {
  // Installed together with this library, the models lie at a known place from it.
  Dl_info here;
  const char *near = dladdr(&mutex, &here) ? here.dli_fname : NULL;
  limpid_model *light = NULL, *wide = NULL;
  if (limpid_model_open_named("light", near, NULL, &light)) return;
  if (limpid_model_open_named("wide", near, NULL, &wide) || limpid_model_pair(light, wide, &model)) {
    // The error belongs to this thread and this moment, and other instances want to tell of it, too.
    snprintf(why_no_wide, sizeof why_no_wide, "%s", limpid_last_error());
    model = light;
  } else {
    why_no_wide[0] = 0;
    limpid_model_close(light);
  }
  limpid_model_close(wide);
}

limpid_model *model_take(const char **no_wide) {
  pthread_mutex_lock(&mutex);
  if (!shares) open_model();
  limpid_model *taken = model;
  if (taken) shares++;
  *no_wide = why_no_wide[0] ? why_no_wide : NULL;
  pthread_mutex_unlock(&mutex);
  return taken;
}

void model_give_back(void) {
  pthread_mutex_lock(&mutex);
  if (--shares == 0) {
    limpid_model_close(model);
    model = NULL;
  }
  pthread_mutex_unlock(&mutex);
}
