# libskep: the engine and its formats (floors 0-4) for other programs, as one static archive with a
# CMake package (find_package(skep) → skep::skep) and a pkg-config file (libskep).
# Headers keep their folders below include/skep, which is what a program's include path names.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(library_folders base codec crypto torrent site wire engine tracker)
set(library_objects "")
foreach(folder ${library_folders})
  get_target_property(type skep_${folder} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    list(APPEND library_objects $<TARGET_OBJECTS:skep_${folder}>)
  endif()
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/src/${folder}
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/skep COMPONENT library
          FILES_MATCHING PATTERN "*.hpp" PATTERN testing EXCLUDE)
endforeach()

add_library(skep_library STATIC ${library_objects})
set_target_properties(skep_library PROPERTIES OUTPUT_NAME skep EXPORT_NAME skep LINKER_LANGUAGE CXX)
target_compile_features(skep_library INTERFACE cxx_std_20)
target_include_directories(skep_library INTERFACE
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/skep>)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/skep)
install(TARGETS skep_library EXPORT skep-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(EXPORT skep-targets NAMESPACE skep:: FILE skep-config.cmake
        DESTINATION ${package_dir} COMPONENT library)
write_basic_package_version_file(skep-config-version.cmake VERSION ${PROJECT_VERSION}
                                 COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH SKEP_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_SOURCE_DIR}/cmake/libskep.pc.in libskep.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/skep-config-version.cmake
        DESTINATION ${package_dir} COMPONENT library)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libskep.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
